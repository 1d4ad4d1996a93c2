package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.vfs.CorruptedActorException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Namespaces to damage, and what opening a damaged one may come to: an answer or an
 * {@link SQLException}, and soon.
 */
final class HostileNamespace {

	static final byte[] MAIN = ChunkKeys.metadata(FileTag.MAIN);

	private static final Duration HANG = Duration.ofSeconds(30);

	private HostileNamespace() {
	}

	/**
	 * Return a database without free pages, each of which is read by who reads
	 * everything.
	 */
	static TreeMap<byte[], byte[]> atRest() {
		Workload workload = new Workload("small",
				List.of(Step.sql("CREATE TABLE t(x, y)"), Step.sql("CREATE INDEX i ON t(x)"),
						Step.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
								+ "FROM n WHERE i < 20) INSERT INTO t SELECT i, hex(zeroblob(300)) FROM n")));
		try {
			CrashRun run = CrashRun.record(workload, Setting.THREE_KEYS, UnaryOperator.identity());
			return namespace(run, run.writes().size());
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Return a database with a hot journal.
	 */
	static TreeMap<byte[], byte[]> hot() {
		try {
			CrashRun run = CrashRun.record(Workloads.savepoints(), Setting.THREE_KEYS, UnaryOperator.identity());
			int length = run.writes().size();
			while (!run.leavesJournal(length)) {
				length--;
			}
			return namespace(run, length);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static TreeMap<byte[], byte[]> namespace(CrashRun run, int length) {
		TreeMap<byte[], byte[]> namespace = new TreeMap<>(Arrays::compareUnsigned);
		try (MemoryKvStore store = run.crashed(length); KvSnapshot snapshot = store.snapshot(Namespace.ACTOR)) {
			byte[][] keys = snapshot.keys(new byte[0], 10_000);
			byte[][] values = snapshot.read(keys);
			for (int i = 0; i < keys.length; i++) {
				namespace.put(keys[i], values[i]);
			}
		}
		assertThat(namespace).containsKey(MAIN);
		return namespace;
	}

	/**
	 * Return a namespace with another value for a key, or none.
	 */
	static TreeMap<byte[], byte[]> with(TreeMap<byte[], byte[]> namespace, byte[] key, byte @Nullable [] value) {
		TreeMap<byte[], byte[]> changed = copy(namespace);
		if (value != null) {
			changed.put(key, value);
		}
		else {
			changed.remove(key);
		}
		return changed;
	}

	static TreeMap<byte[], byte[]> copy(TreeMap<byte[], byte[]> namespace) {
		TreeMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
		copy.putAll(namespace);
		return copy;
	}

	private static MemoryKvStore store(Map<byte[], byte[]> namespace) {
		MemoryKvStore store = new MemoryKvStore();
		KvWrite write = new KvWrite();
		namespace.forEach(write::put);
		try (KvSession session = store.open(Namespace.ACTOR, new byte[0][]).session()) {
			session.write(write);
		}
		return store;
	}

	/**
	 * Check that an actor is reported as damaged.
	 */
	static void requireCorruption(TreeMap<byte[], byte[]> namespace) {
		try (MemoryKvStore store = store(namespace)) {
			OpenActor actor = new OpenActor(store, Setting.REFERENCE);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> readAll(actor))
				.satisfies((ex) -> assertThat(ex.getCause()).as("the cause of " + ex)
					.isInstanceOf(CorruptedActorException.class));
			close(actor);
		}
	}

	/**
	 * Check that opening and reading an actor ends, and ends in an answer or an
	 * {@link SQLException}.
	 */
	static void requireCivility(TreeMap<byte[], byte[]> namespace) {
		try (MemoryKvStore store = store(namespace)) {
			OpenActor actor = new OpenActor(store, Setting.REFERENCE);
			long start = System.nanoTime();
			try {
				readAll(actor);
				actor.run(Step.sql("CREATE TABLE IF NOT EXISTS more(x)"));
			}
			catch (SQLException ex) {
				assertThat(ex.getMessage()).isNotBlank();
			}
			catch (RuntimeException | Error ex) {
				throw new AssertionError("an exception that no caller expects", ex);
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(HANG);
			close(actor);
		}
	}

	private static void close(OpenActor actor) {
		try {
			actor.close();
		}
		catch (SQLException ex) {
			assertThat(ex.getMessage()).isNotBlank();
		}
	}

	/**
	 * Read everything, and let SQLite look it over.
	 */
	static void readAll(OpenActor actor) throws SQLException {
		try {
			Connection connection = actor.connection();
			Content.of(connection);
			try (var statement = connection.createStatement();
					var rows = statement.executeQuery("PRAGMA integrity_check")) {
				while (rows.next()) {
					assertThat(rows.getString(1)).isNotNull();
				}
			}
		}
		catch (SQLException ex) {
			throw actor.translated(ex);
		}
	}

}
