package io.kvsqlite.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.kvsqlite.data.DatabaseRefusedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * A database in somebody's files, with the journal or log beside it: copied without
 * opening it, because SQLite would write to it. That nobody wrote meanwhile shows in the
 * sizes and times of the files, and in a second look at every byte.
 */
final class SourceFiles {

	private static final List<String> FILES = List.of("", TemporaryDatabase.JOURNAL, TemporaryDatabase.WAL);

	private static final long PIECE = 1024 * 1024;

	private final Path database;

	SourceFiles(Path database) {
		this.database = database;
	}

	/**
	 * Copy what there is.
	 */
	void copyTo(TemporaryDatabase target, String actorId, ProgressListener listener) throws IOException {
		Map<String, State> before = states();
		long total = before.values().stream().mapToLong(State::size).sum();
		long done = 0;
		listener.progress(actorId, 0, total);
		for (String suffix : before.keySet()) {
			done = copy(suffix, target, actorId, done, total, listener);
		}
		for (String suffix : before.keySet()) {
			requireEqual(suffix, target);
		}
		if (!states().equals(before)) {
			throw changed();
		}
	}

	private long copy(String suffix, TemporaryDatabase target, String actorId, long doneBefore, long total,
			ProgressListener listener) throws IOException {
		long done = doneBefore;
		try (FileChannel in = FileChannel.open(file(suffix), StandardOpenOption.READ);
				FileChannel out = TemporaryDatabase.write(target.companion(suffix))) {
			for (long position = 0; true;) {
				long count = in.transferTo(position, PIECE, out);
				if (count <= 0) {
					return done;
				}
				position += count;
				done += count;
				listener.progress(actorId, done, total);
			}
		}
		catch (NoSuchFileException ex) {
			throw changed();
		}
	}

	private void requireEqual(String suffix, TemporaryDatabase target) throws IOException {
		try {
			if (Files.mismatch(file(suffix), target.companion(suffix)) >= 0) {
				throw changed();
			}
		}
		catch (NoSuchFileException ex) {
			throw changed();
		}
	}

	private DatabaseRefusedException changed() {
		return new DatabaseRefusedException("'" + this.database + "'", Reason.CHANGED,
				"it changed while it was read. Close what writes to it, or import a copy", null);
	}

	private Map<String, State> states() throws IOException {
		Map<String, State> states = new LinkedHashMap<>();
		for (String suffix : FILES) {
			Path file = file(suffix);
			if (suffix.isEmpty() || Files.exists(file)) {
				states.put(suffix, State.of(file));
			}
		}
		return states;
	}

	private Path file(String suffix) {
		return TemporaryDatabase.companion(this.database, suffix);
	}

	/**
	 * What changes with a file.
	 *
	 * @param size its size in bytes
	 * @param modified when it was last written, as the file system says
	 * @param key which file it is
	 */
	private record State(long size, long modified, @Nullable Object key) {

		static State of(Path file) throws IOException {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			long nanos = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
			return new State(attributes.size(), nanos, attributes.fileKey());
		}

	}

}
