package io.kvsqlite.spring.test.library;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import io.kvsqlite.spring.test.WithActor;
import io.kvsqlite.spring.test.autoconfigure.AutoConfigureKvSqlite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;
import org.springframework.test.context.jdbc.Sql;
import org.springframework.test.context.transaction.AfterTransaction;
import org.springframework.test.context.transaction.BeforeTransaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The slice of JDBC, and everything that {@link WithActor} may stand on.
 */
@JdbcTest
@AutoConfigureKvSqlite
@WithActor("jdbc/class")
class JdbcSliceTests {

	@Autowired
	private JdbcClient client;

	@BeforeAll
	@AfterAll
	static void thereShouldBeNoActorBeforeAndAfterAll() {
		assertThat(ActorContext.current()).isEmpty();
	}

	@BeforeTransaction
	@AfterTransaction
	void actorShouldBeCurrentAroundTheTransaction() {
		assertThat(ActorContext.current()).isPresent();
		assertThat(count()).isZero();
	}

	private long count() {
		return this.client.sql("SELECT count(*) FROM book").query(Long.class).single();
	}

	private void add(String title) {
		this.client.sql("INSERT INTO book (title) VALUES (?)").param(title).update();
		assertThat(count()).isEqualTo(1);
	}

	@RepeatedTest(2)
	void actorOfTheClassShouldBeCurrent() {
		assertThat(ActorContext.required()).isEqualTo("jdbc/class");
		add("Emma");
	}

	@Test
	@WithActor("${library.actor}/x")
	void placeholderShouldBeResolved() {
		assertThat(ActorContext.required()).isEqualTo("libraries/of-the-properties/x");
		add("Emma");
	}

	@Test
	@ByOwnAnnotation
	void annotationShouldBeFoundOnAnAnnotation() {
		assertThat(ActorContext.required()).isEqualTo("jdbc/annotation");
	}

	@Test
	@Sql(statements = "INSERT INTO book (title) VALUES ('of the script')")
	void scriptOfTheTestShouldRunInTheActorAndBeRolledBack() {
		assertThat(count()).isEqualTo(1);
	}

	@Test
	void otherThreadShouldHaveNoActor() {
		assertThatException().isThrownBy(() -> CompletableFuture.supplyAsync(this::count).join())
			.havingRootCause()
			.withMessageContaining("ActorContext")
			.withMessageContaining("@WithActor");
	}

	@Test
	void storeShouldBeInMemoryAndTheDataSourceNotReplaced(@Autowired KvStore store, @Autowired DataSource dataSource) {
		assertThat(store).hasToString("RestartableKvStore of type memory");
		assertThat(dataSource).isInstanceOf(ActorRoutingDataSource.class);
	}

	@Nested
	class Inner {

		@Test
		void actorOfTheEnclosingClassShouldBeCurrent() {
			assertThat(ActorContext.required()).isEqualTo("jdbc/class");
			add("Emma");
		}

	}

	@Nested
	@WithActor("jdbc/inner")
	class InnerWithItsOwn {

		@Test
		void actorOfTheNearestClassShouldBeCurrent() {
			assertThat(ActorContext.required()).isEqualTo("jdbc/inner");
			add("Emma");
		}

		@Test
		@WithActor("jdbc/inner/method")
		void actorOfTheMethodShouldComeFirst() {
			assertThat(ActorContext.required()).isEqualTo("jdbc/inner/method");
		}

	}

	@Nested
	class Inherited extends Base {

	}

	@Nested
	@JdbcTest
	@AutoConfigureKvSqlite
	@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
	class WithoutTheEnclosing implements OfInterface {

		@Test
		void actorOfTheInterfaceShouldBeCurrent() {
			assertThat(ActorContext.required()).isEqualTo("jdbc/interface");
		}

	}

	@WithActor("jdbc/base")
	abstract static class Base {

		@Test
		void actorOfTheSuperclassShouldBeCurrent() {
			assertThat(ActorContext.required()).isEqualTo("jdbc/base");
		}

		@Test
		@WithActor
		void actorShouldBeNew() {
			assertThat(ActorContext.required()).matches("test/[0-9a-f-]{36}");
		}

	}

	@WithActor("jdbc/interface")
	interface OfInterface {

	}

	@Retention(RetentionPolicy.RUNTIME)
	@WithActor("jdbc/annotation")
	@interface ByOwnAnnotation {

	}

}
