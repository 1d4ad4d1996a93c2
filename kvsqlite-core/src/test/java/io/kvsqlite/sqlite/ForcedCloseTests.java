package io.kvsqlite.sqlite;

import java.sql.SQLException;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that close an actor by force at every write that it makes to the store: what is
 * stored is never reported as failed, and what is reported as failed is not stored,
 * unless it is said to be unknown.
 */
class ForcedCloseTests {

	private static final KvLimits FEW_KEYS = new KvLimits(8, 1024 * 1024);

	/**
	 * Each one is a single transaction, and ends with the statement that commits it.
	 */
	private static final List<List<String>> TRANSACTIONS = List.of(List.of("INSERT INTO t VALUES (1000, 'by itself')"),
			List.of("BEGIN", "UPDATE t SET body = 'explicit' WHERE id = 7", "COMMIT"),
			List.of("BEGIN", "UPDATE t SET body = 'immediate' WHERE id < 3", "END"),
			List.of("UPDATE t SET body = zeroblob(900)"), List.of("DELETE FROM t WHERE id > 20"),
			List.of("BEGIN", "DELETE FROM t WHERE id > 200", "INSERT INTO t VALUES (2000, zeroblob(20000))", "COMMIT"),
			List.of("CREATE TABLE u AS SELECT id, body FROM t WHERE id < 4"), List.of("VACUUM"),
			List.of("PRAGMA user_version = 9"));

	@ParameterizedTest
	@EnumSource
	void closeByForceAtAnyWriteShouldNotTurnTheOutcomeRound(Moment moment) throws Exception {
		int closed = 0;
		for (String autoVacuum : List.of("NONE", "FULL")) {
			for (List<String> transaction : TRANSACTIONS) {
				closed += closeAtEachWrite(autoVacuum, transaction, moment);
			}
		}
		assertThat(closed).isGreaterThan(60);
	}

	private static int closeAtEachWrite(String autoVacuum, List<String> transaction, Moment moment) throws Exception {
		String before = stateOf(storeWithRows(autoVacuum));
		ScriptedKvStore undisturbed = storeWithRows(autoVacuum);
		assertThat(run(undisturbed, transaction, null)).isNull();
		String after = stateOf(undisturbed);
		assertThat(after).as("what %s leaves", transaction).isNotEqualTo(before);
		for (int nth = 1;; nth++) {
			ScriptedKvStore store = storeWithRows(autoVacuum);
			ForcedClose close = new ForcedClose(nth, moment);
			Throwable failure = run(store, transaction, close);
			store.forward();
			String found = stateOf(store);
			String name = "%s, auto_vacuum %s, closed at write %d".formatted(transaction, autoVacuum, nth);
			if (failure == null) {
				assertThat(found).as(name).isEqualTo(after);
			}
			else if (isUnknown(failure)) {
				assertThat(moment).as(name).isEqualTo(Moment.REPLY_LOST);
				assertThat(found).as(name).isIn(before, after);
			}
			else {
				assertThat(found).as(name + ": " + failure).isEqualTo(before);
			}
			if (!close.done) {
				assertThat(failure).as(name).isNull();
				return nth - 1;
			}
		}
	}

	/**
	 * A commit of one write, closed by force right after the store has it.
	 */
	@Test
	void commitThatIsStoredWhenTheCloseComesShouldSucceed() throws Exception {
		ScriptedKvStore store = storeWithRows("NONE");
		ForcedClose close = new ForcedClose(1, Moment.AFTER_THE_WRITE);
		assertThat(run(store, TRANSACTIONS.get(1), close)).isNull();
		assertThat(close.done).isTrue();
	}

	/**
	 * Run a transaction.
	 * @return what the statement failed with that failed first, {@code null} if none did
	 */
	private static @Nullable Throwable run(ScriptedKvStore store, List<String> transaction, @Nullable ForcedClose close)
			throws SQLException {
		ActorDatabase actor = ActorBuilder.on(store).open();
		if (close != null) {
			close.actor = actor;
			store.follow(close);
		}
		try {
			new Sql(actor.connection()).run(transaction.toArray(String[]::new));
			return null;
		}
		catch (SQLException ex) {
			return actor.translate(ex);
		}
		finally {
			actor.close();
		}
	}

	private static boolean isUnknown(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof KvException) {
				return cause instanceof KvIndeterminateException;
			}
		}
		return false;
	}

	private static ScriptedKvStore storeWithRows(String autoVacuum) throws SQLException {
		ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore(FEW_KEYS));
		try (ActorDatabase actor = ActorBuilder.on(store).open()) {
			new Sql(actor.connection()).run("PRAGMA auto_vacuum = " + autoVacuum, "VACUUM")
				.fill("t", 300, 300)
				.run("DELETE FROM t WHERE id % 50 = 1");
		}
		return store;
	}

	private static String stateOf(ScriptedKvStore store) throws SQLException {
		try (ActorDatabase actor = ActorBuilder.on(store).open()) {
			Sql sql = new Sql(actor.connection());
			sql.assertIntegrity();
			return "%d tables, %d rows, sum %d, %d bytes, version %d, %d pages, %d free".formatted(
					sql.number("SELECT count(*) FROM sqlite_schema"), sql.number("SELECT count(*) FROM t"),
					sql.number("SELECT sum(id) FROM t"), sql.number("SELECT sum(length(body)) FROM t"),
					sql.number("PRAGMA user_version"), sql.number("PRAGMA page_count"),
					sql.number("PRAGMA freelist_count"));
		}
	}

	/**
	 * When the actor is closed, seen from a write.
	 */
	enum Moment {

		BEFORE_THE_WRITE, AFTER_THE_WRITE, REPLY_LOST

	}

	/**
	 * Closes the actor by force at its n-th write, as the set of open actors does.
	 */
	private static final class ForcedClose implements Script {

		private final int nth;

		private final Moment moment;

		private @Nullable ActorDatabase actor;

		private int writes;

		private boolean done;

		ForcedClose(int nth, Moment moment) {
			this.nth = nth;
			this.moment = moment;
		}

		@Override
		public void write(KvWrite write, Runnable next) {
			ActorDatabase actor = this.actor;
			if (actor == null || ++this.writes != this.nth) {
				next.run();
				return;
			}
			this.done = true;
			if (this.moment == Moment.BEFORE_THE_WRITE) {
				close(actor);
			}
			next.run();
			if (this.moment != Moment.BEFORE_THE_WRITE) {
				close(actor);
			}
			if (this.moment == Moment.REPLY_LOST) {
				throw new KvIndeterminateException("the reply was lost");
			}
		}

		private static void close(ActorDatabase actor) {
			actor.abort("it was closed by force");
			actor.files().close();
		}

	}

}
