package io.kvsqlite.spring.test.library;

import io.kvsqlite.spring.test.WithActor;
import io.kvsqlite.spring.test.autoconfigure.AutoConfigureKvSqlite;
import org.junit.jupiter.api.RepeatedTest;
import org.mybatis.spring.boot.test.autoconfigure.MybatisTest;

import org.springframework.beans.factory.annotation.Autowired;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The slice of MyBatis, which is made by somebody else than Spring Boot's.
 */
@MybatisTest
@AutoConfigureKvSqlite
@WithActor("libraries/1")
class MybatisSliceTests {

	@Autowired
	private BookMapper books;

	@RepeatedTest(2)
	void rowShouldBeGoneInTheNextTest() {
		assertThat(this.books.count()).isZero();
		this.books.add("Emma");
		assertThat(this.books.count()).isEqualTo(1);
	}

}
