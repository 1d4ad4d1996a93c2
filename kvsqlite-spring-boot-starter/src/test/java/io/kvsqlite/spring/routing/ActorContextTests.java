package io.kvsqlite.spring.routing;

import java.lang.reflect.Proxy;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link ActorContext}: what a scope puts aside, what it leaves in place, and
 * what it brings back. Transactions of an application's own database and of actors, one
 * inside the other, with the routing data source as it is and behind wrappers.
 */
class ActorContextTests {

	private static final List<String> ACTORS = List.of("a", "b", "c");

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore())
		.connectionTimeout(Duration.ofMillis(2))
		.build();

	private final ActorDatabases databases = new ActorDatabases(this.factory, List.of(),
			new SqliteExceptionTranslator());

	private final SingleConnectionDataSource ownDataSource = ownDataSource();

	private final JdbcTemplate own = new JdbcTemplate(this.ownDataSource);

	private final TransactionTemplate ownTransaction = new TransactionTemplate(
			new JdbcTransactionManager(this.ownDataSource));

	private final List<String> events = new ArrayList<>();

	private JdbcTemplate routed;

	private TransactionTemplate transaction;

	/**
	 * How the routing data source looks to those who use it.
	 */
	enum Decoration {

		NONE {
			@Override
			DataSource decorate(ActorRoutingDataSource dataSource) {
				return dataSource;
			}
		},

		DELEGATING {
			@Override
			DataSource decorate(ActorRoutingDataSource dataSource) {
				return new DelegatingDataSource(dataSource);
			}
		},

		LAZY {
			@Override
			DataSource decorate(ActorRoutingDataSource dataSource) {
				return new LazyConnectionDataSourceProxy(dataSource);
			}
		},

		/**
		 * A proxy that says nothing of what it wraps.
		 */
		OPAQUE {
			@Override
			DataSource decorate(ActorRoutingDataSource dataSource) {
				DataSource target = new DelegatingDataSource(dataSource) {

					@Override
					public boolean isWrapperFor(Class<?> type) {
						return false;
					}

				};
				return (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
						new Class<?>[] { DataSource.class },
						(proxy, method, arguments) -> method.invoke(target, arguments));
			}
		};

		abstract DataSource decorate(ActorRoutingDataSource dataSource);

	}

	private static SingleConnectionDataSource ownDataSource() {
		try {
			return new SingleConnectionDataSource(DriverManager.getConnection("jdbc:sqlite::memory:"), true);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@BeforeEach
	void createTables() {
		for (String actorId : ACTORS) {
			this.databases.jdbcTemplate(actorId).execute("CREATE TABLE note (text TEXT)");
		}
		this.own.execute("CREATE TABLE note (text TEXT)");
		use(Decoration.NONE);
	}

	private void use(Decoration decoration) {
		DataSource dataSource = decoration.decorate(new ActorRoutingDataSource(this.databases));
		this.routed = new JdbcTemplate(dataSource);
		this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
	}

	@AfterEach
	void nothingShouldBeLeftOnTheThread() {
		assertThat(ActorContext.current()).isEmpty();
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
		assertThat(TransactionSynchronizationManager.isSynchronizationActive()).isFalse();
		assertThat(TransactionSynchronizationManager.isActualTransactionActive()).isFalse();
		assertThat(this.factory.activeConnections()).isZero();
		this.factory.close();
		this.ownDataSource.destroy();
	}

	private List<String> notes(String actorId) {
		return notes(this.databases.jdbcTemplate(actorId));
	}

	private static List<String> notes(JdbcTemplate template) {
		return template.queryForList("SELECT text FROM note ORDER BY rowid", String.class);
	}

	private static void add(JdbcTemplate template, String text) {
		template.update("INSERT INTO note VALUES (?)", text);
	}

	private void onCompletion(String name) {
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCompletion(int status) {
				ActorContextTests.this.events.add(name + ((status == STATUS_COMMITTED) ? " committed" : " rolled back")
						+ ActorContext.current().map(" for "::concat).orElse(""));
			}

		});
	}

	@ParameterizedTest
	@EnumSource
	void transactionOfOneActorShouldNotBeJoinedByAnother(Decoration decoration) {
		use(decoration);
		ActorContext.run("a", () -> this.transaction.executeWithoutResult((status) -> {
			add(this.routed, "a1");
			ActorContext.run("b", () -> {
				assertThat(TransactionSynchronizationManager.isSynchronizationActive()).isFalse();
				add(this.routed, "b1");
				this.transaction.executeWithoutResult((inner) -> add(this.routed, "b2"));
				assertThat(notes(this.routed)).containsExactly("b1", "b2");
			});
			assertThat(notes(this.routed)).containsExactly("a1");
			status.setRollbackOnly();
		}));
		assertThat(notes("a")).isEmpty();
		assertThat(notes("b")).containsExactly("b1", "b2");
	}

	@ParameterizedTest
	@EnumSource
	void callbackOfTheApplicationsOwnTransactionShouldWaitForItsOutcome(Decoration decoration) {
		use(decoration);
		for (boolean rollback : new boolean[] { true, false }) {
			this.ownTransaction.executeWithoutResult((status) -> {
				add(this.own, "own");
				onCompletion("before");
				ActorContext.run("a", () -> {
					onCompletion("inside");
					add(this.routed, "a1");
					this.transaction.executeWithoutResult((inner) -> {
						onCompletion("actor's");
						add(this.routed, "a2");
					});
					add(this.own, "own in scope");
					ActorContext.run("b", () -> {
						onCompletion("inner");
						add(this.routed, "b1");
					});
				});
				assertThat(this.factory.activeConnections()).isZero();
				assertThat(this.events).containsExactly("actor's committed for a");
				if (rollback) {
					status.setRollbackOnly();
				}
			});
			String outcome = rollback ? " rolled back" : " committed";
			assertThat(this.events).containsExactly("actor's committed for a", "before" + outcome, "inside" + outcome,
					"inner" + outcome);
			this.events.clear();
		}
		assertThat(notes(this.own)).containsExactly("own", "own in scope");
		assertThat(notes("a")).containsExactly("a1", "a2", "a1", "a2");
		assertThat(notes("b")).containsExactly("b1", "b1");
	}

	/**
	 * The application's own transaction lies suspended below an actor's when another
	 * actor's scope begins.
	 */
	@ParameterizedTest
	@EnumSource
	void callbackInAScopeInsideAnActorsTransactionShouldWaitForTheOwnOneAroundIt(Decoration decoration) {
		use(decoration);
		this.ownTransaction.executeWithoutResult((status) -> ActorContext.run("a", () -> {
			this.transaction.executeWithoutResult((ofA) -> {
				add(this.routed, "a1");
				onCompletion("a's");
				ActorContext.run("b", () -> {
					onCompletion("in b");
					this.transaction.executeWithoutResult((ofB) -> {
						add(this.routed, "b1");
						onCompletion("b's");
						ActorContext.run("c", () -> {
							onCompletion("in c");
							add(this.routed, "c1");
							this.ownTransaction.executeWithoutResult((joined) -> onCompletion("joined"));
						});
					});
				});
				ofA.setRollbackOnly();
			});
			assertThat(this.events).containsExactly("b's committed for b", "a's rolled back for a");
		}));
		assertThat(this.events.subList(2, 5)).containsExactlyInAnyOrder("in b committed", "in c committed",
				"joined committed");
		assertThat(notes("a")).isEmpty();
		assertThat(notes("b")).containsExactly("b1");
		assertThat(notes("c")).containsExactly("c1");
	}

	/**
	 * A connection without a transaction is bound for as long as the application's own
	 * transaction takes; another scope's transaction suspends all of that.
	 */
	@ParameterizedTest
	@EnumSource
	void connectionBoundWithTheApplicationsOwnTransactionShouldServeItsActorAlone(Decoration decoration) {
		use(decoration);
		ActorContext.run("a", () -> this.ownTransaction.executeWithoutResult((status) -> {
			add(this.routed, "a1");
			ActorContext.run("b", () -> {
				add(this.routed, "b1");
				this.transaction.executeWithoutResult((inner) -> add(this.routed, "b2"));
				add(this.own, "own");
			});
			add(this.routed, "a2");
		}));
		assertThat(notes("a")).containsExactly("a1", "a2");
		assertThat(notes("b")).containsExactly("b1", "b2");
		assertThat(notes(this.own)).containsExactly("own");
	}

	@ParameterizedTest
	@EnumSource
	void whatWasTriedWithoutActorShouldNotBeInTheWay(Decoration decoration) {
		use(decoration);
		this.ownTransaction.executeWithoutResult((status) -> {
			assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> add(this.routed, "nobody's"))
				.withStackTraceContaining("No actor is bound");
			ActorContext.run("a", () -> this.transaction.executeWithoutResult((inner) -> add(this.routed, "a1")));
			ActorContext.run("b", () -> add(this.routed, "b1"));
		});
		assertThat(notes("a")).containsExactly("a1");
		assertThat(notes("b")).containsExactly("b1");
	}

	@Test
	void explicitHandleShouldKeepItsTransactionAcrossScopes() {
		this.databases.transactionTemplate("a").executeWithoutResult((status) -> {
			add(this.databases.jdbcTemplate("a"), "a1");
			onCompletion("outside");
			ActorContext.run("a", () -> this.transaction.executeWithoutResult((joined) -> add(this.routed, "a2")));
			ActorContext.run("b", () -> {
				add(this.databases.jdbcTemplate("a"), "a3");
				this.transaction.executeWithoutResult((inner) -> add(this.routed, "b1"));
				onCompletion("inside");
			});
			assertThat(this.events).isEmpty();
			status.setRollbackOnly();
		});
		assertThat(this.events).containsExactly("outside rolled back", "inside rolled back");
		assertThat(notes("a")).isEmpty();
		assertThat(notes("b")).containsExactly("b1");
	}

	@ParameterizedTest
	@EnumSource
	void scopeThatFailsShouldBringBackWhatItPutAside(Decoration decoration) {
		use(decoration);
		ActorContext.run("a", () -> this.transaction.executeWithoutResult((status) -> {
			add(this.routed, "a1");
			onCompletion("a's");
			assertThatIllegalStateException().isThrownBy(() -> ActorContext.run("b", () -> {
				add(this.routed, "b1");
				this.transaction.executeWithoutResult((inner) -> {
					add(this.routed, "b2");
					throw new IllegalStateException("on purpose");
				});
			})).withMessage("on purpose");
			add(this.routed, "a2");
			assertThat(this.events).isEmpty();
		}));
		assertThat(this.events).containsExactly("a's committed for a");
		assertThat(notes("a")).containsExactly("a1", "a2");
		assertThat(notes("b")).containsExactly("b1");
	}

	@ParameterizedTest
	@EnumSource
	void transactionThatIsNotEndedInItsScopeShouldBeRolledBackAndTheOuterOneGoOn(Decoration decoration) {
		use(decoration);
		ActorContext.run("a", () -> this.transaction.executeWithoutResult((status) -> {
			add(this.routed, "a1");
			assertUnfinishedTransactionIsRefused();
			add(this.routed, "a2");
			onCompletion("a's");
		}));
		this.ownTransaction.executeWithoutResult((status) -> {
			onCompletion("own");
			assertUnfinishedTransactionIsRefused();
			onCompletion("own too");
		});
		assertUnfinishedTransactionIsRefused();
		assertThat(this.events).containsExactly("open rolled back for b", "a's committed for a",
				"open rolled back for b", "own committed", "own too committed", "open rolled back for b");
		assertThat(notes("a")).containsExactly("a1", "a2");
		assertThat(notes("b")).isEmpty();
	}

	private void assertUnfinishedTransactionIsRefused() {
		assertThatIllegalStateException().isThrownBy(() -> ActorContext.run("b", () -> {
			this.transaction.getTransactionManager().getTransaction(this.transaction);
			onCompletion("open");
			add(this.routed, "b1");
		})).withMessage("A transaction was begun in the scope of actor 'b' and not ended in it");
	}

	/**
	 * Random work, one thing inside the other: whatever it does, rows that name an actor
	 * are in that actor's database, and what was committed is there.
	 */
	@ParameterizedTest
	@EnumSource
	void anyNestingShouldKeepEachActorsRowsToItself(Decoration decoration) {
		use(decoration);
		for (int seed = 0; seed < 40; seed++) {
			RandomWork work = new RandomWork(new Random(seed));
			work.run(4);
			assertThat(TransactionSynchronizationManager.getResourceMap()).as("seed %d", seed).isEmpty();
			assertThat(TransactionSynchronizationManager.isSynchronizationActive()).as("seed %d", seed).isFalse();
			for (String actorId : ACTORS) {
				assertThat(notes(actorId)).as("seed %d", seed).allMatch((text) -> text.startsWith(actorId));
			}
			assertThat(notes(this.own)).as("seed %d", seed).hasSize(work.ownCommitted.get());
			assertThat(this.factory.activeConnections()).as("seed %d", seed).isZero();
		}
		assertThat(ACTORS).allSatisfy((actorId) -> assertThat(notes(actorId)).isNotEmpty());
	}

	/**
	 * Work in scopes and transactions that are nested at random.
	 */
	private final class RandomWork {

		private final Random random;

		private final AtomicInteger ownCommitted = new AtomicInteger(notes(ActorContextTests.this.own).size());

		private int ownPending;

		private boolean ownActive;

		RandomWork(Random random) {
			this.random = random;
		}

		void run(int depth) {
			for (int i = this.random.nextInt(4); i >= 0; i--) {
				try {
					step(depth);
				}
				catch (RuntimeException ex) {
					// an actor's connection may be taken, and no actor be current; rows
					// of
					// the wrong one are what must not be
					assertThat(ex).hasNoSuppressedExceptions();
					if (!(ex instanceof UnexpectedRollbackException)) {
						assertThat(ex).hasStackTraceContaining("actor");
					}
				}
			}
		}

		private void step(int depth) {
			switch ((depth > 0) ? this.random.nextInt(6) : this.random.nextInt(3)) {
				case 0 -> add(ActorContextTests.this.routed, ActorContext.current().orElse("nobody"));
				case 1 -> addOwn();
				case 2 -> {
					String actorId = actor();
					add(ActorContextTests.this.databases.jdbcTemplate(actorId), actorId);
				}
				case 3 -> ActorContext.run(actor(), () -> run(depth - 1));
				case 4 -> transaction().executeWithoutResult((status) -> {
					run(depth - 1);
					if (this.random.nextInt(3) == 0) {
						status.setRollbackOnly();
					}
				});
				default -> runOwn(depth);
			}
		}

		private String actor() {
			return ACTORS.get(this.random.nextInt(ACTORS.size()));
		}

		private TransactionTemplate transaction() {
			TransactionTemplate template = new TransactionTemplate(
					ActorContextTests.this.transaction.getTransactionManager());
			template.setPropagationBehavior(this.random.nextBoolean() ? TransactionDefinition.PROPAGATION_REQUIRED
					: TransactionDefinition.PROPAGATION_SUPPORTS);
			return template;
		}

		private void addOwn() {
			add(ActorContextTests.this.own, "own");
			if (this.ownActive) {
				this.ownPending++;
			}
			else {
				this.ownCommitted.incrementAndGet();
			}
		}

		private void runOwn(int depth) {
			boolean outermost = !this.ownActive;
			this.ownActive = true;
			try {
				ActorContextTests.this.ownTransaction.executeWithoutResult((status) -> {
					run(depth - 1);
					if (outermost && this.random.nextBoolean()) {
						status.setRollbackOnly();
						this.ownPending = 0;
					}
				});
				if (outermost) {
					this.ownCommitted.addAndGet(this.ownPending);
				}
			}
			finally {
				if (outermost) {
					this.ownActive = false;
					this.ownPending = 0;
				}
			}
		}

	}

}
