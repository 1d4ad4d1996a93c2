package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Does to an actor's files what SQLite's pager does, and keeps an array beside them that
 * says what they must hold.
 *
 * <p>
 * Journals the before-image of each page that existed when the transaction began, as one
 * record behind a header of one sector, in the pieces in which SQLite writes it: page
 * number, page, check value. Leaves the connection in exclusive locking mode, so a
 * journal ends with an overwritten header. The file's size need not be a multiple of the
 * page size, which is stricter than SQLite.
 */
final class Pager {

	private static final byte[] MAGIC = HexFormat.of().parseHex("d9d505f920a163d7");

	private static final int CHECK = 0x5ca1ab1e;

	private static final byte[] END_MARK = new byte[28];

	private static final int SECTOR = 4096;

	private static final int RECORD_COUNT_OFFSET = 8;

	private static final int SIZE_OFFSET = 16;

	/**
	 * Where the length of the name of a super-journal would be, from the journal's end.
	 */
	private static final int SUPER_JOURNAL_LENGTH = 16;

	private final ActorFiles files;

	private final int pageSize;

	private final TreeSet<Integer> journaled = new TreeSet<>();

	private byte[] committed;

	private byte[] current;

	private boolean writing;

	private long journalEnd;

	/**
	 * Start with what the files hold, rolling back a transaction that was left.
	 */
	Pager(ActorFiles files, int pageSize) {
		this.files = files;
		this.pageSize = pageSize;
		if (files.journalExists() && Bytes.read(files.journal(), 0, 1)[0] != 0) {
			playBack();
			endJournal();
		}
		this.committed = Bytes.readAll(files.main());
		this.current = this.committed;
	}

	/**
	 * Return what the main file must hold now.
	 */
	byte[] expected() {
		return this.current;
	}

	/**
	 * Return what the main file held when the last transaction ended.
	 */
	byte[] committed() {
		return this.committed;
	}

	void write(long offset, byte[] bytes) {
		begin();
		journal((int) offset, (int) offset + bytes.length);
		if (offset + bytes.length > this.current.length) {
			this.current = Arrays.copyOf(this.current, (int) offset + bytes.length);
		}
		System.arraycopy(bytes, 0, this.current, (int) offset, bytes.length);
		Bytes.write(this.files.main(), offset, bytes);
	}

	void truncate(int size) {
		begin();
		journal(size, this.committed.length);
		this.current = Arrays.copyOf(this.current, size);
		this.files.main().truncate(size);
	}

	/**
	 * Begin a transaction, unless there is one.
	 */
	void begin() {
		if (!this.writing) {
			this.writing = true;
			this.journalEnd = SECTOR;
			this.journaled.clear();
			this.current = this.committed.clone();
			ByteBuffer header = ByteBuffer.allocate(SECTOR).put(MAGIC).putInt(-1);
			Bytes.write(this.files.journal(), 0, header.putInt(SIZE_OFFSET, this.committed.length).array());
		}
	}

	/**
	 * Journal the pages of a range.
	 */
	void journal(int from, int to) {
		for (int page = from / this.pageSize; page * this.pageSize < Math.min(to, this.committed.length); page++) {
			if (this.journaled.add(page)) {
				int start = page * this.pageSize;
				append(ByteBuffer.allocate(4).putInt(page).array());
				append(Arrays.copyOfRange(this.committed, start, start + this.pageSize));
				append(ByteBuffer.allocate(4).putInt(CHECK).array());
			}
		}
	}

	private void append(byte[] bytes) {
		Bytes.write(this.files.journal(), this.journalEnd, bytes);
		this.journalEnd += bytes.length;
	}

	/**
	 * Commit, with SQLite's order of calls.
	 */
	void commit() {
		this.files.commitPoint();
		endJournal();
		this.committed = this.current;
		this.writing = false;
	}

	/**
	 * Cut the file behind a commit, as SQLite does.
	 */
	void cutAfterCommit(int size) {
		this.files.main().truncate(size);
		this.committed = Arrays.copyOf(this.committed, size);
		this.current = this.committed;
	}

	/**
	 * Roll back by playing back the journal.
	 */
	void rollBack() {
		int records = playBack();
		assertThat(records).as("records in the journal").isEqualTo(this.journaled.size());
		endJournal();
		this.current = this.committed;
		this.writing = false;
	}

	private int playBack() {
		VfsFile journal = this.files.journal();
		VfsFile main = this.files.main();
		// SQLite looks for the name of a super-journal first, then at the header
		Bytes.read(journal, journal.size() - SUPER_JOURNAL_LENGTH, 4);
		assertThat(Bytes.read(journal, 0, MAGIC.length)).isEqualTo(MAGIC);
		Bytes.read(journal, RECORD_COUNT_OFFSET, 4);
		int size = ByteBuffer.wrap(Bytes.read(journal, SIZE_OFFSET, 4)).getInt();
		if (size < main.size()) {
			main.truncate(size);
		}
		int recordSize = this.pageSize + 8;
		int records = 0;
		for (long start = SECTOR; start + recordSize <= journal.size(); start += recordSize) {
			ByteBuffer record = ByteBuffer.wrap(Bytes.read(journal, start, recordSize));
			if (record.getInt(recordSize - 4) != CHECK) {
				break;
			}
			int offset = record.getInt() * this.pageSize;
			byte[] page = new byte[Math.min(this.pageSize, size - offset)];
			record.get(page);
			Bytes.write(main, offset, page);
			records++;
		}
		this.files.commitPoint();
		return records;
	}

	private void endJournal() {
		Bytes.write(this.files.journal(), 0, END_MARK);
	}

}
