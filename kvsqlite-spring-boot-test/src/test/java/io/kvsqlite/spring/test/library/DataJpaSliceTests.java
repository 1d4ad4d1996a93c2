package io.kvsqlite.spring.test.library;

import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import io.kvsqlite.spring.test.WithActor;
import io.kvsqlite.spring.test.autoconfigure.AutoConfigureKvSqlite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jpa.test.autoconfigure.DataJpaTest;
import org.springframework.boot.jpa.test.autoconfigure.TestEntityManager;
import org.springframework.test.context.transaction.TestTransaction;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The slice of JPA.
 */
@DataJpaTest
@AutoConfigureKvSqlite
@WithActor("readers/1")
class DataJpaSliceTests {

	@Autowired
	private Readers readers;

	@Autowired
	private TestEntityManager entities;

	@Autowired
	private ActorRoutingDataSource dataSource;

	@BeforeEach
	void addReader() {
		assertThat(ActorContext.current()).contains("readers/1");
		this.entities.persistAndFlush(new Reader("Anne"));
		this.entities.clear();
	}

	@AfterEach
	void actorShouldBeCurrentUntilTheEnd() {
		assertThat(ActorContext.current()).contains("readers/1");
		assertThat(this.dataSource).hasToString("DataSource of actor 'readers/1'");
	}

	@RepeatedTest(2)
	void rowShouldBeGoneInTheNextTest() {
		assertThat(this.readers.findByName("Anne")).hasSize(1);
		assertThat(this.readers.count()).isEqualTo(1);
	}

	@Test
	void rowShouldBeThereForAsLongAsTheTransactionTakes() {
		TestTransaction.end();
		TestTransaction.start();
		assertThat(this.readers.count()).isZero();
		assertThat(this.readers.save(new Reader("Emma")).getId()).isPositive();
		assertThat(this.readers.findAll()).extracting(Reader::getName).containsExactly("Emma");
	}

}
