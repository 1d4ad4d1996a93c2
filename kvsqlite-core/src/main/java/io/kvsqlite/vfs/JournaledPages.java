package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

import io.kvsqlite.codec.ChunkKeys;

/**
 * The before-images in a rollback journal that is still being written: what the main
 * database held before its transaction. Immutable; the journal is read as it was when
 * this was made, to which SQLite only appends.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_rollback_journal">The
 * Rollback Journal</a>
 */
final class JournaledPages {

	private static final long MAGIC = 0xd9d505f920a163d7L;

	private static final int HEADER_LENGTH = 28;

	private static final int COUNT_OFFSET = 8;

	private static final int SECTOR_SIZE_OFFSET = 20;

	private static final int PAGE_SIZE_OFFSET = 24;

	private static final int PAGE_NUMBER_LENGTH = 4;

	private static final int CHECKSUM_LENGTH = 4;

	private static final int LEAST_SIZE = 32;

	private static final int MOST_SIZE = 65536;

	private final JournalFile journal;

	/**
	 * Where in the journal the image of a page begins, by the page's number.
	 */
	private final Map<Integer, Long> images = new HashMap<>();

	private int pageSize;

	JournaledPages(JournalFile journal) {
		this.journal = journal;
		long offset = 0;
		while (offset >= 0 && offset + HEADER_LENGTH <= journal.size()) {
			offset = readPart(offset);
		}
	}

	/**
	 * Read one part of the journal: a header, and the records that follow it.
	 * @return where the next part would begin, -1 if there is none
	 */
	private long readPart(long offset) {
		ByteBuffer header = ByteBuffer.wrap(this.journal.bytes(offset, HEADER_LENGTH));
		int sectorSize = header.getInt(SECTOR_SIZE_OFFSET);
		int size = header.getInt(PAGE_SIZE_OFFSET);
		if (header.getLong() != MAGIC || !isSize(sectorSize) || !isSize(size)) {
			return -1;
		}
		this.pageSize = size;
		long recordLength = PAGE_NUMBER_LENGTH + size + CHECKSUM_LENGTH;
		long first = offset + sectorSize;
		// the number of records is noted when the part is complete, or never
		int noted = header.getInt(COUNT_OFFSET);
		long count = (noted > 0) ? noted : Long.MAX_VALUE;
		count = Math.min(count, Math.max(0, this.journal.size() - first) / recordLength);
		for (long i = 0; i < count; i++) {
			long record = first + i * recordLength;
			int page = ByteBuffer.wrap(this.journal.bytes(record, PAGE_NUMBER_LENGTH)).getInt();
			this.images.putIfAbsent(page, record + PAGE_NUMBER_LENGTH);
		}
		long end = first + count * recordLength;
		return (noted > 0) ? (end + sectorSize - 1) / sectorSize * sectorSize : -1;
	}

	private static boolean isSize(int size) {
		return Integer.bitCount(size) == 1 && size >= LEAST_SIZE && size <= MOST_SIZE;
	}

	/**
	 * Lay the before-images over a chunk of the main database.
	 */
	void restore(long index, byte[] chunk) {
		if (this.images.isEmpty()) {
			return;
		}
		long from = index * ChunkKeys.CHUNK_SIZE;
		long to = from + chunk.length;
		for (long page = from / this.pageSize + 1; (page - 1) * this.pageSize < to; page++) {
			Long image = this.images.get((int) page);
			if (image != null) {
				long start = (page - 1) * this.pageSize;
				long begin = Math.max(from, start);
				int length = (int) (Math.min(to, start + this.pageSize) - begin);
				byte[] bytes = this.journal.bytes(image + begin - start, length);
				System.arraycopy(bytes, 0, chunk, (int) (begin - from), length);
			}
		}
	}

}
