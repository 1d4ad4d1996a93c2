package io.kvsqlite.spring.test.library;

import java.util.Optional;

import org.springframework.data.repository.ListCrudRepository;

/**
 * A repository of Spring Data JDBC.
 */
interface Books extends ListCrudRepository<Book, Long> {

	Optional<Book> findByTitle(String title);

}
