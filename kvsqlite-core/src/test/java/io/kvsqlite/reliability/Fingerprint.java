package io.kvsqlite.reliability;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;

/**
 * What is stored of the actor, as a SHA-256 of every key and every value: two states with
 * the same fingerprint are the same to whoever opens the actor next.
 *
 * <p>
 * Two things are left out, because nothing that opens the actor can come out differently
 * for them. One is the random number in the header of a rollback journal, which SQLite
 * picks anew for each and adds to the checksum of each record: it is taken out of both,
 * so that a checksum is still right or wrong as it was. The other are the epoch and the
 * number of the last commit, which the engine compares with nothing that is older than
 * the opening; but whether there was a commit at all counts, for an actor that has one
 * and no database is damaged.
 *
 * @param sha256 in hexadecimal digits
 */
record Fingerprint(String sha256) {

	private static final int PAGE = 1024;

	private static final byte[] JOURNAL_MAGIC = HexFormat.of().parseHex("d9d505f920a163d7");

	private static final int COUNT_OFFSET = 8;

	private static final int RANDOM_OFFSET = 12;

	private static final int SECTOR_SIZE_OFFSET = 20;

	private static final int PAGE_SIZE_OFFSET = 24;

	private static final int HEADER_LENGTH = 28;

	private static final int MOST_PAGE_SIZE = 65536;

	private static final int NUMBER_LENGTH = 4;

	private static final int CHECKSUM_LENGTH = 4;

	/**
	 * Take the fingerprint of what a store has of the actor.
	 */
	static Fingerprint of(KvStore store) {
		try (KvSnapshot snapshot = store.snapshot(Namespace.ACTOR)) {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update((byte) ((snapshot.commit() > 0) ? 1 : 0));
			byte[] from = {};
			int count = PAGE;
			byte[][] journal = withoutRandom(snapshot);
			while (count == PAGE) {
				byte[][] keys = snapshot.keys(from, PAGE);
				byte[][] values = snapshot.read(keys);
				count = keys.length;
				for (int i = 0; i < count; i++) {
					add(digest, keys[i]);
					int index = indexInJournal(keys[i]);
					add(digest, (index >= 0 && index < journal.length) ? journal[index] : values[i]);
				}
				if (count > 0) {
					from = Arrays.copyOf(keys[count - 1], keys[count - 1].length + 1);
				}
			}
			return new Fingerprint(HexFormat.of().formatHex(digest.digest()));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void add(MessageDigest digest, byte[] bytes) {
		digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
		digest.update(bytes);
	}

	private static int indexInJournal(byte[] key) {
		byte[] first = ChunkKeys.chunk(FileTag.JOURNAL, 0);
		boolean chunk = key.length == first.length && Arrays.compareUnsigned(key, first) >= 0
				&& Arrays.compareUnsigned(key, ChunkKeys.endOfChunks(FileTag.JOURNAL)) < 0;
		return chunk ? (int) ChunkKeys.indexOf(key) : -1;
	}

	/**
	 * Return the journal's chunks, up to the first that is missing, without the random
	 * number; none if it is not a journal of one part, whose records follow one header.
	 */
	private static byte[][] withoutRandom(KvSnapshot snapshot) {
		int count = 0;
		int length = 0;
		byte[][] chunks = new byte[16][];
		byte[] chunk = chunk(snapshot, 0);
		while (chunk != null) {
			if (count == chunks.length) {
				chunks = Arrays.copyOf(chunks, 2 * count);
			}
			chunks[count++] = chunk;
			length += chunk.length;
			chunk = (chunk.length == ChunkKeys.CHUNK_SIZE) ? chunk(snapshot, count) : null;
		}
		chunks = Arrays.copyOf(chunks, count);
		ByteBuffer journal = ByteBuffer.allocate(length);
		for (byte[] part : chunks) {
			journal.put(part);
		}
		if (length < HEADER_LENGTH || !Arrays.equals(journal.array(), 0, COUNT_OFFSET, JOURNAL_MAGIC, 0, COUNT_OFFSET)
				|| journal.getInt(COUNT_OFFSET) != -1) {
			return new byte[0][];
		}
		takeRandomOut(journal);
		for (int i = 0, offset = 0; i < count; offset += chunks[i].length, i++) {
			chunks[i] = Arrays.copyOfRange(journal.array(), offset, offset + chunks[i].length);
		}
		return chunks;
	}

	private static byte[] chunk(KvSnapshot snapshot, int index) {
		return snapshot.read(new byte[][] { ChunkKeys.chunk(FileTag.JOURNAL, index) })[0];
	}

	private static void takeRandomOut(ByteBuffer journal) {
		int random = journal.getInt(RANDOM_OFFSET);
		int sector = journal.getInt(SECTOR_SIZE_OFFSET);
		int page = journal.getInt(PAGE_SIZE_OFFSET);
		if (sector < HEADER_LENGTH || page <= 0 || page > MOST_PAGE_SIZE) {
			return;
		}
		int record = NUMBER_LENGTH + page + CHECKSUM_LENGTH;
		journal.putInt(RANDOM_OFFSET, 0);
		for (int end = sector + record; end > 0 && end <= journal.capacity(); end += record) {
			int checksum = end - CHECKSUM_LENGTH;
			journal.putInt(checksum, journal.getInt(checksum) - random);
		}
	}

}
