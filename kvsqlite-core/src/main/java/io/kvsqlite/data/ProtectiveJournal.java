package io.kvsqlite.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;

/**
 * A rollback journal whose playback leaves an empty database, whatever the main file
 * holds. While it is stored, an actor that is being filled chunk by chunk is an empty
 * one; its deletion makes the chunks count, all at once. It bears a mark, so that what is
 * left of a copy that was broken off is known for that, and not taken for an actor.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_rollback_journal">The
 * Rollback Journal</a>
 */
final class ProtectiveJournal {

	private static final byte[] MAGIC = { (byte) 0xd9, (byte) 0xd5, 0x05, (byte) 0xf9, 0x20, (byte) 0xa1, 0x63,
			(byte) 0xd7 };

	private static final int SECTOR_SIZE = 4096;

	/**
	 * Tells this journal from one of SQLite's, which has a random number here.
	 */
	private static final int NONCE = 0x6b767371;

	private static final int HEADER_LENGTH = 28;

	private static final int CHECKSUM_STEP = 200;

	private ProtectiveJournal() {
	}

	/**
	 * Return the journal's bytes: a header, and the one page of an empty database.
	 */
	static byte[] bytes(byte[] emptyPage) {
		ByteBuffer journal = ByteBuffer.allocate(SECTOR_SIZE + Integer.BYTES + EmptyDatabase.PAGE_SIZE + Integer.BYTES);
		journal.put(header());
		journal.position(SECTOR_SIZE);
		journal.putInt(1); // page number
		journal.put(emptyPage);
		journal.putInt(checksum(emptyPage));
		return journal.array();
	}

	private static byte[] header() {
		ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
		header.put(MAGIC);
		header.putInt(1); // records
		header.putInt(NONCE);
		header.putInt(1); // pages of the database before
		header.putInt(SECTOR_SIZE);
		header.putInt(EmptyDatabase.PAGE_SIZE);
		return header.array();
	}

	private static int checksum(byte[] page) {
		int sum = NONCE;
		for (int i = page.length - CHECKSUM_STEP; i > 0; i -= CHECKSUM_STEP) {
			sum += page[i] & 0xff;
		}
		return sum;
	}

	/**
	 * Return whether this is how such a journal begins.
	 */
	static boolean isBeginning(byte[] chunk) {
		return chunk.length >= HEADER_LENGTH && Arrays.equals(chunk, 0, HEADER_LENGTH, header(), 0, HEADER_LENGTH);
	}

	/**
	 * Return the journal cut into chunks.
	 */
	static List<byte[]> chunks(byte[] bytes) {
		List<byte[]> chunks = new ArrayList<>();
		for (int from = 0; from < bytes.length; from += ChunkKeys.CHUNK_SIZE) {
			chunks.add(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + ChunkKeys.CHUNK_SIZE)));
		}
		return chunks;
	}

}
