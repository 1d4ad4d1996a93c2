package io.kvsqlite.spring.test.library;

import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.test.WithActor;
import io.kvsqlite.spring.test.autoconfigure.AutoConfigureKvSqlite;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jdbc.test.autoconfigure.DataJdbcTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The slice of the guide: Spring Data JDBC.
 */
@DataJdbcTest
@AutoConfigureKvSqlite
@WithActor("libraries/1")
class BooksTests {

	@Autowired
	private Books books;

	@Test
	void savedBookShouldBeFound() {
		this.books.save(new Book(null, "Emma"));
		assertThat(this.books.findByTitle("Emma")).isPresent();
	}

	@Test
	void bookOfAnotherTestShouldBeRolledBack() {
		assertThat(this.books.count()).isZero();
		this.books.save(new Book(null, "Persuasion"));
	}

	@Test
	@WithActor("libraries/2")
	void libraryShouldHaveBooksOfItsOwn() {
		assertThat(ActorContext.required()).isEqualTo("libraries/2");
		assertThat(this.books.count()).isZero();
	}

	@Test
	@WithActor
	void newLibraryShouldBeEmpty() {
		assertThat(ActorContext.required()).startsWith("test/");
		assertThat(this.books.findAll()).isEmpty();
	}

}
