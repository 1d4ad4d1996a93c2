package io.kvsqlite.spring.test.library;

import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Select;

/**
 * A mapper of MyBatis.
 */
@Mapper
interface BookMapper {

	@Insert("INSERT INTO book (title) VALUES (#{title})")
	void add(String title);

	@Select("SELECT count(*) FROM book")
	long count();

}
