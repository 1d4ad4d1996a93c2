package io.kvsqlite.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over a database: its size, then all its chunks in order. Left out are the
 * counters of the header that SQLite moves when it copies a database: the change counter,
 * the schema cookie, and the version that wrote last. A page that need not be stored
 * counts as zeros. Used by one thread.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_database_header">The Database
 * Header</a>
 */
final class ContentHash {

	private static final byte[] ZEROS = new byte[ChunkKeys.CHUNK_SIZE];

	private final MessageDigest digest = sha256();

	private final long size;

	ContentHash(long size) {
		this.size = size;
		this.digest.update(ByteBuffer.allocate(Long.BYTES).putLong(size).flip());
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Return the hash of a file, in hexadecimal.
	 */
	static String ofFile(Path file) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			long size = channel.size();
			FileChunks chunks = new FileChunks(channel, size);
			ContentHash hash = new ContentHash(size);
			for (long index = 0; index < ChunkKeys.chunkCount(size); index++) {
				hash.add(index, chunks.read(index));
			}
			return hash.finish();
		}
	}

	/**
	 * Return the hash of what a snapshot shows.
	 * @return the hash in hexadecimal, or a few words that no hash is equal to
	 */
	static String ofActor(StoredDatabase stored) throws IOException {
		if (!stored.exists()) {
			return "none, it does not exist";
		}
		if (stored.hasHotJournal()) {
			return "none, a transaction is under way";
		}
		ContentHash hash = new ContentHash(stored.mainSize());
		stored.readMain(stored.mainSize(), hash::add);
		return hash.finish();
	}

	/**
	 * Return the hash of an actor as it is now.
	 */
	static String ofActor(KvStore store, String actorId) throws IOException {
		try (KvSnapshot snapshot = store.snapshot(actorId)) {
			return ofActor(new StoredDatabase(actorId, snapshot));
		}
	}

	/**
	 * Add the next chunk.
	 */
	void add(long index, byte @Nullable [] chunk) {
		if (chunk == null) {
			this.digest.update(ZEROS, 0, ChunkKeys.chunkLength(index, this.size));
		}
		else {
			this.digest.update((index == 0) ? withoutCounters(chunk) : chunk);
		}
	}

	private static byte[] withoutCounters(byte[] chunk) {
		byte[] masked = chunk.clone();
		clear(masked, 24, 28);
		clear(masked, 40, 44);
		clear(masked, 92, 100);
		return masked;
	}

	private static void clear(byte[] bytes, int from, int to) {
		Arrays.fill(bytes, Math.min(from, bytes.length), Math.min(to, bytes.length), (byte) 0);
	}

	/**
	 * Return the hash in hexadecimal. Ends this object's use.
	 */
	String finish() {
		return HexFormat.of().formatHex(this.digest.digest());
	}

}
