package io.kvsqlite.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/**
 * A SQLite file in a {@link WorkDirectory} of its own, with the files that SQLite keeps
 * beside it. Closing deletes what is left of them. Used by one thread.
 */
final class TemporaryDatabase implements AutoCloseable {

	static final String JOURNAL = "-journal";

	static final String WAL = "-wal";

	static final String SHM = "-shm";

	/**
	 * What SQLite keeps beside a database, as endings of its name.
	 */
	static final List<String> COMPANIONS = List.of(JOURNAL, WAL, SHM);

	private final WorkDirectory directory;

	private final Path file;

	private TemporaryDatabase(WorkDirectory directory) {
		this.directory = directory;
		this.file = directory.path().resolve("actor.sqlite");
	}

	/**
	 * Return one beside a file, so that it can take its place in one step.
	 */
	static TemporaryDatabase beside(Path target) throws IOException {
		Path directory = target.toAbsolutePath().getParent();
		if (directory == null || target.getFileName() == null) {
			throw new IOException("'%s' does not name a file".formatted(target));
		}
		return new TemporaryDatabase(WorkDirectory.in(directory));
	}

	/**
	 * Return one where this machine keeps temporary files.
	 */
	static TemporaryDatabase create() throws IOException {
		return new TemporaryDatabase(WorkDirectory.create());
	}

	Path file() {
		return this.file;
	}

	Path companion(String suffix) {
		return companion(this.file, suffix);
	}

	static Path companion(Path file, String suffix) {
		return file.resolveSibling(file.getFileName() + suffix);
	}

	/**
	 * Make a file, or empty it, to write it. Nobody but its owner can read it.
	 */
	static FileChannel write(Path file) throws IOException {
		return FileChannel.open(file,
				Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE),
				OwnerOnly.file(file));
	}

	/**
	 * Wait until the file is on the disk.
	 */
	void force() throws IOException {
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.WRITE)) {
			channel.force(true);
		}
	}

	/**
	 * Give the file its name, in one step.
	 * @param replace whether it may take the place of another
	 */
	void moveTo(Path target, boolean replace) throws IOException {
		if (replace) {
			Files.move(this.file, target, StandardCopyOption.ATOMIC_MOVE);
		}
		else {
			Files.move(this.file, target);
		}
	}

	@Override
	public void close() throws IOException {
		this.directory.close();
	}

}
