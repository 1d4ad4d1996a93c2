package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.jspecify.annotations.Nullable;

/**
 * How far a database has come, kept beside it in a file of its own, {@value #FILE}: a
 * lower bound of what must be found when it is opened again.
 *
 * <p>
 * It is moved on after each write that was acknowledged, in memory that is mapped to the
 * file. So it costs no call of the operating system; it is exact when the process was
 * killed, and when the machine stopped it is as old as what the operating system wrote
 * last, which is never ahead of a synchronous write. There are two places, written in
 * turn and with a checksum, so that one is whole whenever the process ends.
 *
 * <p>
 * Thread-safe.
 */
final class CommitMark {

	/**
	 * The name of the file.
	 */
	static final String FILE = "kvsqlite.mark";

	private static final int SIZE = 4096;

	private static final int PLACE = 64;

	private static final long MAGIC = 0x6b76_7371_6c69_7465L;

	private final MappedByteBuffer buffer;

	private Position position;

	private int turn;

	private CommitMark(MappedByteBuffer buffer, Position position) {
		this.buffer = buffer;
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
		// an interrupted thread would have its channel closed
		boolean interrupted = Thread.interrupted();
		try (FileChannel channel = FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE,
				StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			// its room is taken now: a page without room would fail when it is touched
			if (channel.size() < SIZE) {
				channel.write(ByteBuffer.allocate(SIZE), 0);
			}
			CommitMark mark = new CommitMark(channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE), position);
			mark.put();
			mark.put();
			return mark;
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Move the mark on.
	 * @param sequence the sequence number of a write that was acknowledged
	 */
	synchronized void advance(long sequence) {
		if (sequence > this.position.sequence) {
			this.position = new Position(sequence, this.position.manifest, this.position.manifestBytes,
					this.position.synchronous);
			put();
		}
	}

	/**
	 * Remember the manifest that is written now.
	 */
	synchronized void manifest(long number, long bytes) {
		if (number != this.position.manifest || bytes > this.position.manifestBytes) {
			this.position = new Position(this.position.sequence, number, bytes, this.position.synchronous);
			put();
		}
	}

	/**
	 * Bring the mark to the disk.
	 */
	void force() {
		this.buffer.force();
	}

	private void put() {
		int at = PLACE * (this.turn++ & 1);
		this.buffer.putLong(at, this.position.sequence);
		this.buffer.putLong(at + 8, this.position.manifest);
		this.buffer.putLong(at + 16, this.position.manifestBytes);
		this.buffer.putLong(at + 24, this.position.synchronous ? 1 : 0);
		this.buffer.putLong(at + 32, this.position.check());
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
