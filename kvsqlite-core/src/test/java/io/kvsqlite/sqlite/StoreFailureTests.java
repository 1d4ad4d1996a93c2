package io.kvsqlite.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Failures;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What SQL sees when the store fails, at any step.
 */
class StoreFailureTests {

	private static final KvLimits FEW_KEYS = new KvLimits(8, 64 * 1024);

	private static final List<String> TRANSACTION = List.of("BEGIN", "UPDATE t SET body = zeroblob(900)",
			"INSERT INTO t SELECT id + 1000, body FROM t", "DELETE FROM t WHERE id > 1250", "COMMIT");

	private final RecordingListener listener = new RecordingListener();

	@Test
	void openThatFailsShouldSayWhyAndWho() {
		ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore());
		KvUnavailableException unavailable = new KvUnavailableException("no route to host");
		store.follow(new Script() {

			@Override
			public KvOpening open(Supplier<KvOpening> next) {
				throw unavailable;
			}

		});
		assertThat(Failures.of(() -> builder(store).open()))
			.hasMessage("Actor '%s' cannot be opened: no route to host", ActorBuilder.ACTOR)
			.hasCause(unavailable);
	}

	@Test
	void openOfAnActorThatAnotherOwnerHoldsShouldNameTheHolder() throws Exception {
		MemoryKvStore memory = new MemoryKvStore();
		try (ActorDatabase held = ActorBuilder.on(memory.sibling("node-7")).open()) {
			assertThat(Failures.of(() -> ActorBuilder.on(memory).open())).hasMessageContaining("held by 'node-7'")
				.hasCauseInstanceOf(KvActorOwnedException.class);
			assertThat(held.isUsable()).isTrue();
		}
		ActorBuilder.on(memory).open().close();
	}

	@Test
	void readThatFailsShouldFailTheConnectionAndNothingElse() throws Exception {
		ScriptedKvStore store = storeWithRows();
		try (ActorDatabase actor = builder(store).open()) {
			Sql sql = new Sql(actor.connection());
			KvUnavailableException unavailable = new KvUnavailableException("no route to host");
			store.follow(new Script() {

				@Override
				public byte[] @Nullable [] read(byte[][] keys, Supplier<byte[] @Nullable []> next) {
					throw unavailable;
				}

			});
			assertThat(Failures.of(actor, () -> sql.number("SELECT count(length(body)) FROM t")))
				.hasMessageContaining("no route to host")
				.hasMessageContaining("actor '" + ActorBuilder.ACTOR + "'")
				.hasCause(unavailable)
				.isInstanceOfSatisfying(SQLiteException.class,
						(ex) -> assertThat(ex.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_IOERR_READ));
			store.forward();
			assertThat(actor.isUsable()).isFalse();
			assertThat(Failures.of(actor, () -> sql.run("DELETE FROM t WHERE id = 1"))).hasCause(unavailable);
		}
		assertRows(store, 300);
	}

	@Test
	void storeThatIsFullShouldBeADiskThatIsFull() throws Exception {
		ScriptedKvStore store = storeWithRows();
		try (ActorDatabase actor = builder(store).open()) {
			KvStoreFullException full = new KvStoreFullException("quota of 1 GiB is used up");
			failWrites(store, full);
			assertThat(Failures.of(actor, () -> new Sql(actor.connection()).run("DELETE FROM t")))
				.hasMessageContaining("quota of 1 GiB is used up")
				.hasCause(full)
				.isInstanceOfSatisfying(SQLiteException.class,
						(ex) -> assertThat(ex.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_FULL));
		}
		assertRows(store, 300);
	}

	@Test
	void lostOwnershipShouldLeaveNothingToBeRead() throws Exception {
		MemoryKvStore memory = new MemoryKvStore();
		ActorDatabase actor = ActorBuilder.on(memory).listener(this.listener).open();
		Sql sql = new Sql(actor.connection()).fill("t", 300, 500);
		memory.expireLease();
		try (ActorDatabase taken = ActorBuilder.on(memory.sibling("node-7")).open()) {
			new Sql(taken.connection()).run("DELETE FROM t WHERE id = 1");
			assertThat(Failures.of(actor, () -> sql.run("DELETE FROM t WHERE id = 2")))
				.hasCauseInstanceOf(KvOwnershipLostException.class);
			assertThat(actor.isUsable()).isFalse();
			// not even from SQLite's cache, once a statement has to look at the file
			assertThat(Failures.of(actor, () -> sql.number("SELECT count(length(body)) FROM t")))
				.hasMessageContaining("cannot be used any more")
				.hasCauseInstanceOf(KvOwnershipLostException.class);
			assertThat(new Sql(taken.connection()).number("SELECT count(*) FROM t")).isEqualTo(299);
		}
		actor.close();
	}

	@Test
	void storeThatIsClosedShouldPoison() throws Exception {
		ScriptedKvStore store = storeWithRows();
		ActorDatabase actor = builder(store).open();
		store.close();
		assertThat(Failures.of(actor, () -> new Sql(actor.connection()).run("DELETE FROM t")))
			.hasCauseInstanceOf(KvClosedException.class);
		assertThat(actor.isUsable()).isFalse();
		actor.close();
	}

	@Test
	void abortShouldFailEverythingFromNowOn() throws Exception {
		ScriptedKvStore store = storeWithRows();
		try (ActorDatabase actor = builder(store).open()) {
			Sql sql = new Sql(actor.connection()).run("BEGIN", "DELETE FROM t");
			actor.abort("it was closed by force");
			assertThat(actor.isUsable()).isFalse();
			assertThat(Failures.of(actor, () -> sql.run("COMMIT"))).hasMessageContaining("it was closed by force");
		}
		assertThat(this.listener.events()).isEmpty();
		assertRows(store, 300);
	}

	/**
	 * Let the n-th call fail, for every n until a run has no n-th call.
	 */
	@ParameterizedTest
	@EnumSource
	void failureOfAnyCallShouldLeaveTheOldStateOrTheNew(Kind kind) throws Exception {
		int fired = 0;
		for (int n = 1;; n++) {
			ScriptedKvStore store = storeWithRows();
			NthCall fault = new NthCall(n, kind);
			store.follow(fault);
			RecordingListener heard = new RecordingListener();
			boolean acknowledged = run(builder(store).listener(heard), fault, heard);
			store.forward();
			if (fault.thrown == null) {
				assertThat(acknowledged).isTrue();
				break;
			}
			fired++;
			try (ActorDatabase again = builder(store).open()) {
				Sql sql = new Sql(again.connection());
				sql.assertIntegrity();
				boolean old = sql.number("SELECT count(*) FROM t WHERE length(body) = 500") == 300
						&& sql.number("SELECT count(*) FROM t") == 300;
				boolean committed = sql.number("SELECT count(*) FROM t WHERE body = zeroblob(900)") == 550
						&& sql.number("SELECT count(*) FROM t") == 550;
				assertThat(acknowledged ? committed : old || committed).as("%s at call %d", kind, n).isTrue();
				if (kind == Kind.DEFINITE_READ) {
					assertThat(acknowledged || old).isTrue();
				}
				sql.run("INSERT INTO t VALUES (9999, 'on it goes')");
			}
			new StoredActor(store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
		}
		assertThat(fired).isGreaterThan(5);
	}

	/**
	 * Run the transaction, and check what its failure says.
	 * @return whether it was acknowledged
	 */
	private boolean run(ActorBuilder builder, NthCall fault, RecordingListener heard) throws Exception {
		ActorDatabase actor;
		try {
			actor = builder.open();
		}
		catch (SQLException ex) {
			assertThat((Throwable) ex).hasMessageContaining(ActorBuilder.ACTOR).satisfies(fault::requireTold);
			return false;
		}
		try {
			Sql sql = new Sql(actor.connection());
			for (String statement : TRANSACTION) {
				try {
					sql.run(statement);
				}
				catch (SQLException ex) {
					assertThat((Throwable) actor.translate(ex)).as(statement)
						.hasMessageContaining("actor '" + ActorBuilder.ACTOR + "'")
						.satisfies(fault::requireTold);
					if (fault.kind.isOfWrites()) {
						assertThat(actor.isUsable()).isFalse();
						assertThat(heard.events()).endsWith("poisoned " + ActorBuilder.ACTOR);
						assertThat(Failures.of(actor, () -> sql.run("INSERT INTO t VALUES (7777, 'x')")))
							.satisfies(fault::requireTold);
					}
					return false;
				}
			}
			return true;
		}
		finally {
			actor.close();
		}
	}

	private static void failWrites(ScriptedKvStore store, KvException failure) {
		store.follow(new Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				throw failure;
			}

		});
	}

	private ActorBuilder builder(ScriptedKvStore store) {
		return ActorBuilder.on(store)
			.transactionMemory(64 * 1024)
			.cacheSize(20 * 1024)
			.preload(2)
			.readAhead(4)
			.listener(this.listener);
	}

	private static ScriptedKvStore storeWithRows() throws SQLException {
		ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore(FEW_KEYS));
		try (ActorDatabase actor = ActorBuilder.on(store).open()) {
			new Sql(actor.connection()).fill("t", 300, 500);
		}
		return store;
	}

	private static void assertRows(ScriptedKvStore store, int rows) throws SQLException {
		store.forward();
		try (ActorDatabase actor = ActorBuilder.on(store).open()) {
			Sql sql = new Sql(actor.connection());
			assertThat(sql.number("SELECT count(length(body)) FROM t")).isEqualTo(rows);
			sql.assertIntegrity();
		}
	}

	/**
	 * How a call fails.
	 */
	enum Kind {

		DEFINITE_READ(KvUnavailableException::new),

		DEFINITE_WRITE(KvDefiniteException::new),

		LOST_REPLY_AND_NO_ANSWER(KvIndeterminateException::new),

		LOST_REQUEST_AND_NO_ANSWER(KvIndeterminateException::new);

		private final Function<String, KvException> exception;

		Kind(Function<String, KvException> exception) {
			this.exception = exception;
		}

		boolean isOfWrites() {
			return this != DEFINITE_READ;
		}

	}

	/**
	 * Fails the n-th read or write. After a lost write the actor cannot be opened again,
	 * so that its outcome stays unknown to the connection: that is what the caller must
	 * be told, and not that trying again may help.
	 */
	private static final class NthCall implements Script {

		private final int n;

		private final Kind kind;

		private int calls;

		private @Nullable KvException thrown;

		NthCall(int n, Kind kind) {
			this.n = n;
			this.kind = kind;
		}

		@Override
		public KvOpening open(Supplier<KvOpening> next) {
			if (this.thrown != null) {
				this.thrown = new KvUnavailableException("no answer to call " + this.n);
				throw this.thrown;
			}
			return next.get();
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys, Supplier<byte[] @Nullable []> next) {
			if (!this.kind.isOfWrites()) {
				fail();
			}
			return next.get();
		}

		@Override
		public void write(KvWrite write, Runnable next) {
			if (this.kind.isOfWrites() && this.calls + 1 == this.n && this.kind == Kind.LOST_REPLY_AND_NO_ANSWER) {
				next.run();
			}
			if (this.kind.isOfWrites()) {
				fail();
			}
			next.run();
		}

		void requireTold(Throwable failure) {
			if (this.thrown instanceof KvUnavailableException && this.kind.isOfWrites()) {
				assertThat(failure).cause()
					.isInstanceOf(KvIndeterminateException.class)
					.hasMessageContaining("is not known")
					.hasCause(this.thrown);
			}
			else {
				assertThat(failure).hasCause(this.thrown);
			}
		}

		private void fail() {
			this.calls++;
			if (this.calls == this.n) {
				this.thrown = this.kind.exception.apply("call " + this.n + " failed");
				throw this.thrown;
			}
		}

	}

}
