package io.kvsqlite.spring;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link ActorDatabases} and {@link ActorJdbc}.
 */
class ActorDatabasesTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store)
		.connectionTimeout(Duration.ofMillis(200))
		.pragma("foreign_keys", "on")
		.build();

	private final ActorDatabases databases = databases(this.factory, List.of());

	@AfterEach
	void close() {
		this.factory.close();
	}

	private static ActorDatabases databases(ActorDataSourceFactory factory,
			List<ActorDataSourceCustomizer> customizers) {
		return new ActorDatabases(factory, customizers, new SqliteExceptionTranslator());
	}

	private static void createTable(ActorDatabases databases, String... actorIds) {
		for (String actorId : actorIds) {
			databases.jdbcClient(actorId)
				.sql("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
				.update();
		}
	}

	private static void insert(JdbcClient client, String text) {
		client.sql("INSERT INTO note (text) VALUES (:text)").param("text", text).update();
	}

	private static List<String> notes(ActorDatabases databases, String actorId) {
		return databases.jdbcClient(actorId).sql("SELECT text FROM note ORDER BY id").query(String.class).list();
	}

	@Test
	void handleShouldBeTheSameForTheSameActor() {
		assertThat(this.databases.actor("a")).isSameAs(this.databases.actor("a"))
			.isNotSameAs(this.databases.actor("b"));
		assertThat(this.databases.actor("a").actorId()).isEqualTo("a");
	}

	@Test
	void handleShouldOpenNothing() {
		this.databases.actor("a").jdbcClient();
		this.databases.actor("a").transactionTemplate();
		assertThat(this.factory.openActors()).isZero();
	}

	@Test
	void actorWhenIdIsNotValidShouldBeRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.databases.actor(""))
			.withMessageContaining("must not be empty");
	}

	@Test
	void eachActorShouldHaveItsOwnData() {
		createTable(this.databases, "a", "b");
		insert(this.databases.jdbcClient("a"), "one");
		this.databases.jdbcTemplate("b").update("INSERT INTO note (text) VALUES (?)", "two");
		assertThat(notes(this.databases, "a")).containsExactly("one");
		assertThat(notes(this.databases, "b")).containsExactly("two");
	}

	@Test
	void transactionWhenItReturnsShouldCommit() {
		createTable(this.databases, "a");
		String result = this.databases.transactionTemplate("a").execute((status) -> {
			insert(this.databases.jdbcClient("a"), "one");
			insert(this.databases.jdbcClient("a"), "two");
			return "done";
		});
		assertThat(result).isEqualTo("done");
		assertThat(notes(this.databases, "a")).containsExactly("one", "two");
		assertThat(this.factory.activeConnections()).isZero();
	}

	@Test
	void transactionWhenItThrowsShouldRollBack() {
		createTable(this.databases, "a");
		assertThatIllegalStateException()
			.isThrownBy(() -> this.databases.transactionTemplate("a").executeWithoutResult((status) -> {
				insert(this.databases.jdbcClient("a"), "one");
				throw new IllegalStateException("no");
			}));
		assertThat(notes(this.databases, "a")).isEmpty();
		assertThat(this.factory.activeConnections()).isZero();
	}

	@Test
	void transactionsOfTwoActorsWhenNestedShouldKeepTheirDataApart() {
		createTable(this.databases, "a", "b");
		this.databases.transactionTemplate("a").executeWithoutResult((outer) -> {
			insert(this.databases.jdbcClient("a"), "a1");
			this.databases.transactionTemplate("b")
				.executeWithoutResult((inner) -> insert(this.databases.jdbcClient("b"), "b1"));
			insert(this.databases.jdbcClient("a"), "a2");
			assertThat(notes(this.databases, "b")).containsExactly("b1");
			outer.setRollbackOnly();
		});
		assertThat(notes(this.databases, "a")).isEmpty();
		assertThat(notes(this.databases, "b")).containsExactly("b1");
	}

	@Test
	void transactionWhenHandleIsForgottenInTheMiddleShouldStillBeFound() {
		ActorDataSourceFactory small = ActorDataSourceFactory.builder(this.store)
			.maxOpenActors(1)
			.connectionTimeout(Duration.ofMillis(200))
			.build();
		ActorDatabases customized = databases(small, List.of((actorId, dataSource) -> new Wrapped(dataSource)));
		createTable(customized, "a");
		ActorJdbc before = customized.actor("a");
		before.transactionTemplate().executeWithoutResult((status) -> {
			insert(customized.jdbcClient("a"), "one");
			customized.actor("b");
			customized.actor("c");
			assertThat(customized.actor("a")).isNotSameAs(before);
			insert(customized.jdbcClient("a"), "two");
			status.setRollbackOnly();
		});
		assertThat(notes(customized, "a")).isEmpty();
		small.close();
	}

	@Test
	void readOnlyTransactionShouldRefuseToWrite() {
		createTable(this.databases, "a");
		TransactionTemplate reading = new TransactionTemplate(this.databases.actor("a").transactionManager());
		reading.setReadOnly(true);
		assertThatExceptionOfType(InvalidDataAccessResourceUsageException.class)
			.isThrownBy(() -> reading.executeWithoutResult((status) -> insert(this.databases.jdbcClient("a"), "one")));
		insert(this.databases.jdbcClient("a"), "two");
		assertThat(notes(this.databases, "a")).containsExactly("two");
	}

	@Test
	void nestedTransactionShouldRollBackToItsSavepoint() {
		createTable(this.databases, "a");
		TransactionTemplate nested = new TransactionTemplate(this.databases.actor("a").transactionManager());
		nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
		this.databases.transactionTemplate("a").executeWithoutResult((outer) -> {
			insert(this.databases.jdbcClient("a"), "one");
			nested.executeWithoutResult((inner) -> {
				insert(this.databases.jdbcClient("a"), "two");
				inner.setRollbackOnly();
			});
		});
		assertThat(notes(this.databases, "a")).containsExactly("one");
	}

	@Test
	void sqlErrorsShouldBecomeSpringExceptions() {
		createTable(this.databases, "a");
		JdbcClient client = this.databases.jdbcClient("a");
		client.sql("CREATE TABLE child (note INTEGER NOT NULL REFERENCES note, size INTEGER CHECK (size > 0))")
			.update();
		client.sql("INSERT INTO note VALUES (1, 'x')").update();
		assertThatExceptionOfType(DuplicateKeyException.class)
			.isThrownBy(() -> client.sql("INSERT INTO note VALUES (1, 'y')").update());
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> client.sql("INSERT INTO note VALUES (2, NULL)").update());
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> client.sql("INSERT INTO child VALUES (7, 1)").update());
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> client.sql("INSERT INTO child VALUES (1, 0)").update());
		assertThatExceptionOfType(BadSqlGrammarException.class).isThrownBy(() -> client.sql("SELEKT 1").update());
		assertThatExceptionOfType(BadSqlGrammarException.class)
			.isThrownBy(() -> client.sql("ATTACH 'other' AS o").update())
			.havingCause()
			.withMessageContaining("actor 'a'");
		assertThatExceptionOfType(BadSqlGrammarException.class)
			.isThrownBy(() -> this.databases.jdbcTemplate("a").queryForObject("SELECT x FROM nowhere", String.class));
	}

	@Test
	void deferredConstraintWhenViolatedAtCommitShouldBeAnIntegrityViolationAndRollBack() {
		createTable(this.databases, "a");
		JdbcClient client = this.databases.jdbcClient("a");
		client.sql("CREATE TABLE child (note INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED)").update();
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> this.databases.transactionTemplate("a")
				.executeWithoutResult((status) -> client.sql("INSERT INTO child VALUES (7)").update()));
		assertThat(client.sql("SELECT count(*) FROM child").query(Long.class).single()).isZero();
	}

	@Test
	void ownershipLostShouldBeAConcurrencyFailureAndRetryShouldSucceed() {
		createTable(this.databases, "a");
		MemoryKvStore other = this.store.sibling("other");
		this.store.expireLease();
		try (ActorDataSourceFactory elsewhere = ActorDataSourceFactory.builder(other).build()) {
			insert(databases(elsewhere, List.of()).jdbcClient("a"), "theirs");
		}
		assertThatExceptionOfType(OptimisticLockingFailureException.class)
			.isThrownBy(() -> insert(this.databases.jdbcClient("a"), "ours"))
			.havingRootCause()
			.isInstanceOf(KvOwnershipLostException.class);
		insert(this.databases.jdbcClient("a"), "ours");
		assertThat(notes(this.databases, "a")).containsExactly("theirs", "ours");
	}

	@Test
	void actorThatAnotherProcessHoldsShouldBeALockThatCannotBeAcquired() {
		MemoryKvStore other = this.store.sibling("other process");
		try (ActorDataSourceFactory elsewhere = ActorDataSourceFactory.builder(other).build()) {
			createTable(databases(elsewhere, List.of()), "a");
			assertThatExceptionOfType(CannotAcquireLockException.class).isThrownBy(() -> notes(this.databases, "a"))
				.withMessageContaining("other process")
				.havingRootCause()
				.isInstanceOf(KvActorOwnedException.class);
			assertThatExceptionOfType(CannotAcquireLockException.class)
				.isThrownBy(() -> this.databases.transactionTemplate("a").execute((status) -> "not reached"))
				.withMessageContaining("other process");
		}
	}

	@Test
	void connectionThatIsInUseShouldBeATransientFailureThatSaysByWhom() throws SQLException {
		try (Connection connection = this.databases.dataSource("a").getConnection()) {
			assertThat(connection.isValid(0)).isTrue();
			assertThatExceptionOfType(TransientDataAccessResourceException.class)
				.isThrownBy(() -> notes(this.databases, "a"))
				.withMessageContaining(Thread.currentThread().getName());
		}
	}

	@Test
	void customizersShouldWrapInOrder() throws SQLException {
		ActorDatabases customized = databases(this.factory,
				List.of((actorId, dataSource) -> new Wrapped(dataSource), (actorId, dataSource) -> {
					assertThat(dataSource).isInstanceOf(Wrapped.class);
					assertThat(actorId).isEqualTo("a");
					return dataSource;
				}));
		assertThat(customized.dataSource("a").unwrap(Wrapped.class)).isNotNull();
		assertThat(customized.dataSource("a")).hasToString("Customized DataSource of actor 'a'");
	}

	@Test
	void customizerThatReturnsNothingShouldBeNamed() {
		ActorDataSourceCustomizer broken = new ActorDataSourceCustomizer() {

			@Override
			public DataSource customize(String actorId, DataSource dataSource) {
				return null;
			}

			@Override
			public String toString() {
				return "the broken customizer";
			}

		};
		assertThatIllegalStateException().isThrownBy(() -> databases(this.factory, List.of(broken)).actor("a"))
			.withMessage("the broken customizer made no data source for actor 'a'");
	}

	private static final class Wrapped extends DelegatingDataSource {

		private Wrapped(DataSource dataSource) {
			super(dataSource);
		}

	}

}
