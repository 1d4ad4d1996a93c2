package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a database has come, kept beside it in a file of its own, {@value #FILE}: a
 * lower bound of what must be found when it is opened again.
 *
 * <p>
 * It is moved on after each synchronous write, without waiting for the disk itself. So it
 * costs a microsecond; it is exact when the process was killed, and when the machine
 * stopped it is as old as what the operating system wrote last, which is never ahead of a
 * synchronous write. Where writes are not synchronous it is moved on now and then. There
 * are two places, written in turn and with a checksum, so that one is whole whenever the
 * process ends.
 *
 * <p>
 * Not a mapping: that would be there, and keep the disk from being unmounted, until the
 * garbage is collected. Nor a channel, which an interrupt closes.
 *
 * <p>
 * Thread-safe.
 */
final class CommitMark implements AutoCloseable {

	/**
	 * The name of the file.
	 */
	static final String FILE = "kvsqlite.mark";

	private static final Logger logger = LoggerFactory.getLogger(RocksDbKvStore.class);

	private static final int SIZE = 4096;

	private static final int PLACE = 64;

	private static final long MAGIC = 0x6b76_7371_6c69_7465L;

	private final RandomAccessFile file;

	private final ByteBuffer place = ByteBuffer.allocate(PLACE);

	private Position position;

	private int turn;

	private CommitMark(RandomAccessFile file, Position position) {
		this.file = file;
		this.position = position;
	}

	/**
	 * Read the mark of a directory.
	 * @return the mark, or {@code null} if there is none
	 * @throws IOException if there is one and it cannot be read, or is damaged
	 */
	static @Nullable Position read(Path directory) throws IOException {
		Path file = directory.resolve(FILE);
		if (!Files.exists(file)) {
			return null;
		}
		ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
		Position latest = null;
		boolean empty = true;
		for (int place = 0; place < 2 && bytes.limit() >= 2 * PLACE; place++) {
			Position found = decode(bytes, place * PLACE);
			if (found != null && (latest == null || found.sequence >= latest.sequence)) {
				latest = found;
			}
			for (int i = 0; i < PLACE; i++) {
				empty &= bytes.get(place * PLACE + i) == 0;
			}
		}
		if (latest == null && !empty) {
			throw new IOException("the file '%s' is damaged".formatted(FILE));
		}
		return latest;
	}

	/**
	 * Set the mark of a directory, and go on from there.
	 * @throws IOException if there is no room for it, or it cannot be written
	 */
	static CommitMark set(Path directory, Position position) throws IOException {
		RandomAccessFile file = new RandomAccessFile(directory.resolve(FILE).toFile(), "rw");
		try {
			// its room is taken now, so that it can be moved on when the disk is full
			if (file.length() < SIZE) {
				file.write(new byte[SIZE]);
			}
			CommitMark mark = new CommitMark(file, position);
			mark.put();
			mark.put();
			return mark;
		}
		catch (IOException | RuntimeException ex) {
			file.close();
			throw ex;
		}
	}

	/**
	 * Move the mark on.
	 * @param sequence the sequence number of a write that is in the log
	 */
	synchronized void advance(long sequence) throws IOException {
		if (sequence > this.position.sequence) {
			this.position = new Position(sequence, this.position.manifest, this.position.manifestBytes,
					this.position.synchronous);
			put();
		}
	}

	/**
	 * Remember the manifest that is written now.
	 */
	synchronized void manifest(long number, long bytes) throws IOException {
		if (number != this.position.manifest || bytes > this.position.manifestBytes) {
			this.position = new Position(this.position.sequence, number, bytes, this.position.synchronous);
			put();
		}
	}

	/**
	 * Bring the mark to the disk.
	 */
	synchronized void force() throws IOException {
		this.file.getFD().sync();
	}

	private void put() throws IOException {
		this.place.putLong(0, this.position.sequence);
		this.place.putLong(8, this.position.manifest);
		this.place.putLong(16, this.position.manifestBytes);
		this.place.putLong(24, this.position.synchronous ? 1 : 0);
		this.place.putLong(32, this.position.check());
		this.file.seek(PLACE * (this.turn++ & 1));
		this.file.write(this.place.array());
	}

	/**
	 * Let go of the file. What cannot be written is reported by {@link #force}.
	 */
	@Override
	public synchronized void close() {
		try {
			this.file.close();
		}
		catch (IOException ex) {
			// the database and its lock are closed after this, in any case
			logger.debug("Closing the mark failed", ex);
		}
	}

	private static @Nullable Position decode(ByteBuffer bytes, int at) {
		Position position = new Position(bytes.getLong(at), bytes.getLong(at + 8), bytes.getLong(at + 16),
				bytes.getLong(at + 24) == 1);
		return (bytes.getLong(at + 32) == position.check()) ? position : null;
	}

	/**
	 * What must be found.
	 *
	 * @param sequence the sequence number of the last write that was acknowledged
	 * @param manifest the number of the manifest, 0 if it is not known
	 * @param manifestBytes how many bytes it had
	 * @param synchronous whether writes were on the disk when they were acknowledged
	 */
	record Position(long sequence, long manifest, long manifestBytes, boolean synchronous) {

		private long check() {
			long check = MAGIC;
			for (long value : new long[] { this.sequence, this.manifest, this.manifestBytes,
					this.synchronous ? 1 : 0 }) {
				check = (check ^ value) * 0x9e37_79b9_7f4a_7c15L;
				check ^= check >>> 29;
			}
			return check;
		}

	}

}
