package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.ForwardingKvStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that take an actor from one owner for another in the middle of its work, at a
 * random one of its operations on the store.
 */
@ExtendWith(QuietLog.class)
class HandOverTests {

	private static final int HAND_OVERS = 300;

	private static final int HAND_OVERS_LONG = 10_000;

	private static final int OPERATIONS = 6;

	@Test
	void handOverShouldLeaveOneWriter() throws SQLException {
		handOver(HAND_OVERS);
	}

	@Tag("long")
	@Test
	void manyHandOversShouldLeaveOneWriter() throws SQLException {
		handOver(HAND_OVERS_LONG);
	}

	/**
	 * The history of appends: what was acknowledged is there, in order, once; what was
	 * refused is not.
	 */
	private static void handOver(int handOvers) throws SQLException {
		Random random = new Random(11);
		MemoryKvStore first = new MemoryKvStore(KvLimits.REFERENCE);
		Owner[] owners = { new Owner(first), new Owner(first.sibling("second")) };
		List<Integer> acknowledged = new ArrayList<>();
		append(owners[0], acknowledged, 0);
		int number = 0;
		int refused = 0;
		for (int i = 0; i < handOvers; i++) {
			Owner loser = owners[i % 2];
			Owner winner = owners[(i + 1) % 2];
			loser.store.renewLease();
			int[] next = { number };
			try (Connection connection = loser.factory.dataSource(Namespace.ACTOR).getConnection();
					Statement statement = connection.createStatement()) {
				assertThat(numbers(statement)).isEqualTo(acknowledged);
				loser.interruption.at(1 + random.nextInt(OPERATIONS), () -> {
					loser.store.expireLease();
					winner.store.renewLease();
					append(winner, acknowledged, ++next[0]);
				});
				while (loser.interruption.isArmed()) {
					int mine = ++next[0];
					try {
						append(statement, mine, mine % 5 == 0);
						acknowledged.add(mine);
					}
					catch (SQLException ex) {
						refused++;
						assertThat(loser.interruption.isArmed()).as("an append failed before the hand-over: " + ex)
							.isFalse();
					}
				}
				assertThatExceptionOfType(SQLException.class).as("a write after the hand-over")
					.isThrownBy(() -> statement.execute("INSERT INTO t VALUES(-1, '')"));
				assertThatExceptionOfType(SQLException.class).as("a cached read after the hand-over was noticed")
					.isThrownBy(() -> numbers(statement));
			}
			number = next[0];
		}
		try (Connection connection = owners[handOvers % 2].factory.dataSource(Namespace.ACTOR).getConnection();
				Statement statement = connection.createStatement()) {
			assertThat(numbers(statement)).isEqualTo(acknowledged);
			try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
				rows.next();
				assertThat(rows.getString(1)).isEqualTo("ok");
			}
		}
		for (Owner owner : owners) {
			owner.factory.close();
		}
		assertThat(refused).isEqualTo(handOvers);
		System.out.printf("reliability: hand-overs: %,d, appends: %,d, 0 lost%n", handOvers, number);
	}

	private static void append(Owner owner, List<Integer> acknowledged, int number) {
		try (Connection connection = owner.factory.dataSource(Namespace.ACTOR).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, body TEXT)");
			if (number > 0) {
				append(statement, number, false);
				acknowledged.add(number);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The new owner cannot write", ex);
		}
	}

	/**
	 * Append a number, with so many bytes around it that it takes several writes, if
	 * asked to. Those of earlier numbers make room.
	 */
	private static void append(Statement statement, int number, boolean large) throws SQLException {
		if (large) {
			statement.execute("UPDATE t SET body = '' WHERE length(body) > 1000");
		}
		statement.execute("INSERT INTO t VALUES(" + number + ", hex(zeroblob(" + (large ? 300_000 : 50) + ")))");
	}

	private static List<Integer> numbers(Statement statement) throws SQLException {
		List<Integer> numbers = new ArrayList<>();
		try (ResultSet rows = statement.executeQuery("SELECT n FROM t ORDER BY n")) {
			while (rows.next()) {
				numbers.add(rows.getInt(1));
			}
		}
		return numbers;
	}

	/**
	 * One process, as it were.
	 */
	private static final class Owner {

		private final MemoryKvStore store;

		private final Interruption interruption;

		private final ActorDataSourceFactory factory;

		Owner(MemoryKvStore store) {
			this.store = store;
			this.interruption = new Interruption(store);
			this.factory = ActorDataSourceFactory.builder(this.interruption).build();
		}

	}

	/**
	 * Lets something happen before one of the operations of a store.
	 */
	private static final class Interruption extends ForwardingKvStore {

		private int countdown;

		private @Nullable Runnable action;

		Interruption(KvStore delegate) {
			super(delegate);
		}

		void at(int operation, Runnable action) {
			this.countdown = operation;
			this.action = action;
		}

		boolean isArmed() {
			return this.action != null;
		}

		private void next() {
			Runnable action = this.action;
			if (action != null && --this.countdown <= 0) {
				this.action = null;
				action.run();
			}
		}

		@Override
		protected KvSession wrap(KvSession session) {
			return new ForwardingKvSession(session) {

				@Override
				public byte[] @Nullable [] read(byte[][] keys) {
					next();
					return super.read(keys);
				}

				@Override
				public void write(KvWrite write) {
					next();
					super.write(write);
				}

			};
		}

	}

}
