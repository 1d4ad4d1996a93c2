package io.kvsqlite.data;

import java.io.IOException;

import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;

/**
 * Something to read of an actor as of one commit. Where the store cannot keep a snapshot
 * while the actor goes on, it is begun anew, a bounded number of times and in fewer,
 * larger reads: a database that fits into one of them is then caught between two commits.
 */
@FunctionalInterface
interface ConsistentRead<T> {

	/**
	 * How often it is tried.
	 */
	int ATTEMPTS = 20;

	/**
	 * The most chunks of a read, 16 MiB.
	 */
	int MOST_CHUNKS = 4096;

	/**
	 * Read.
	 * @param snapshot the actor
	 * @param chunksPerRead how many chunks to read at a time
	 */
	T read(KvSnapshot snapshot, int chunksPerRead) throws IOException;

	/**
	 * Read something.
	 * @param purpose what for, as in "to export it"
	 * @throws KvSnapshotLostException if the actor was written to during every attempt
	 */
	static <T> T perform(KvStore store, String actorId, String purpose, ConsistentRead<T> reading) throws IOException {
		int chunksPerRead = StoredDatabase.CHUNKS_PER_READ;
		for (int attempt = 1; true; attempt++) {
			try (KvSnapshot snapshot = store.snapshot(actorId)) {
				return reading.read(snapshot, chunksPerRead);
			}
			catch (KvSnapshotLostException ex) {
				if (attempt == ATTEMPTS) {
					throw new KvSnapshotLostException("Actor '%s' was written to during each of %d attempts to %s"
						.formatted(actorId, ATTEMPTS, purpose), ex);
				}
			}
			chunksPerRead = Math.min(MOST_CHUNKS, 2 * chunksPerRead);
		}
	}

}
