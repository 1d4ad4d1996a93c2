package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.RecordingKvStore;
import io.kvsqlite.testing.RecordingKvStore.Applied;

/**
 * The writes that kvsqlite makes for some work, to be replayed on a bare store: so both
 * write the same bytes.
 */
final class RecordedWrites {

	private static final int WRITES = 256;

	private final List<KvWrite> writes;

	private int next;

	private RecordedWrites(List<KvWrite> writes) {
		this.writes = writes;
	}

	static RecordedWrites of(Work work) throws SQLException {
		RecordingKvStore store = new RecordingKvStore(new MemoryKvStore());
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource(WarmContender.ACTOR).getConnection()) {
			work.create(connection);
			work.prepare(connection);
			int before = store.count();
			while (store.count() < before + WRITES) {
				work.operate();
			}
			List<Applied> applied = store.applied();
			return new RecordedWrites(applied.subList(before, before + WRITES).stream().map(Applied::write).toList());
		}
	}

	/**
	 * Return the same writes, to be replayed by another thread.
	 */
	RecordedWrites copy() {
		return new RecordedWrites(this.writes);
	}

	/**
	 * Return the next write, the first again after the last.
	 */
	KvWrite next() {
		KvWrite write = this.writes.get(this.next);
		this.next = (this.next + 1) % this.writes.size();
		return write;
	}

}
