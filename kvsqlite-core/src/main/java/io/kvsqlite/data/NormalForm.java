package io.kvsqlite.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

/**
 * Gives a copy of a database the form in which SQLite writes one today, without touching
 * what is in it. SQLite reads a database in many forms:
 *
 * <ul>
 * <li>Its header may state no size, as SQLite before 3.7.0 has it, or one that does not
 * count, because such a version wrote last: the change counter (bytes 24 to 27) and the
 * number that the size is valid for (92 to 95) then differ. SQLite goes by the length of
 * the file, and so does this: the size becomes what SQLite says it is, and valid.</li>
 * <li>The last page may be stored short. SQLite reads zeros there; they are stored.</li>
 * <li>Bytes may lie behind the last page. They are cut off.</li>
 * <li>The header may ask writers for a write-ahead log and readers for none, or writers
 * for more than any SQLite knows, which makes the database read-only to SQLite. An actor
 * has a rollback journal: its header says so (bytes 18 and 19).</li>
 * <li>The page that holds the bytes of SQLite's locks, at 1 GiB, is never read. It
 * becomes zeros.</li>
 * </ul>
 *
 * @see <a href=
 * "https://www.sqlite.org/fileformat2.html#in_header_database_size">In-header database
 * size</a>
 */
final class NormalForm {

	private static final int WRITE_VERSION_OFFSET = 18;

	private static final int READ_VERSION_OFFSET = 19;

	private static final int CHANGE_COUNTER_OFFSET = 24;

	private static final int SIZE_OFFSET = 28;

	private static final int VALID_FOR_OFFSET = 92;

	private static final int HEADER_LENGTH = 100;

	private static final long LOCK_BYTES = 1L << 30;

	private NormalForm() {
	}

	/**
	 * Bring a file to this form.
	 * @param file a database in rollback mode that nobody has open
	 * @param pages how many pages it has, by SQLite's account
	 * @param pageSize the size of one in bytes
	 */
	static void apply(Path file, long pages, int pageSize) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			long size = pages * pageSize;
			if (channel.size() > size) {
				channel.truncate(size);
			}
			else if (channel.size() < size) {
				write(channel, new byte[1], size - 1);
			}
			if (size > LOCK_BYTES) {
				write(channel, new byte[pageSize], LOCK_BYTES / pageSize * pageSize);
			}
			ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
			while (header.hasRemaining() && channel.read(header, header.position()) > 0) {
				continue;
			}
			header.put(WRITE_VERSION_OFFSET, (byte) 1).put(READ_VERSION_OFFSET, (byte) 1);
			header.putInt(SIZE_OFFSET, (int) pages);
			header.putInt(VALID_FOR_OFFSET, header.getInt(CHANGE_COUNTER_OFFSET));
			write(channel, header.array(), 0);
		}
	}

	/**
	 * Bring a file to this form.
	 * @param file a database that nobody has open, with nothing beside it
	 */
	static void apply(Path file) throws IOException {
		try (PlainDatabase plain = new PlainDatabase(file)) {
			long pages = plain.pages();
			int pageSize = plain.pageSize();
			plain.close();
			apply(file, pages, pageSize);
		}
		catch (SQLException ex) {
			throw new IOException("'%s' cannot be read: %s".formatted(file, ex.getMessage()), ex);
		}
	}

	private static void write(FileChannel channel, byte[] bytes, long offset) throws IOException {
		ByteBuffer buffer = ByteBuffer.wrap(bytes);
		while (buffer.hasRemaining()) {
			channel.write(buffer, offset + buffer.position());
		}
	}

}
