package io.kvsqlite.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory for the files of one piece of work, readable by its owner only. It goes
 * away with {@link #close()}; if the process is killed before, with the first such
 * directory that another process makes at the same place.
 *
 * <p>
 * Beside the directory lies a file of the same name with {@code .lock} at its end, which
 * is there before the directory and goes after it, and is locked as long as the process
 * lives. So a lock that can be had tells that nobody works there any more, whatever
 * happened. Whoever makes a lock file looks, once it is locked, whether it is still
 * there, because another process may have taken it for one that was left.
 *
 * <p>
 * Closing any channel of a file drops all of a process's locks on it; so which
 * directories this process has is noted where all class loaders see it, in the system
 * properties, and their lock files are not touched. Where a file system knows no locks,
 * nothing is removed. Safe for use by many threads.
 */
public final class WorkDirectory implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(WorkDirectory.class);

	private static final String NAME = ".kvsqlite-work-";

	private static final String LOCK = ".lock";

	private static final SecureRandom random = new SecureRandom();

	private static final Set<Path> swept = ConcurrentHashMap.newKeySet();

	private final Path path;

	private final FileChannel lock;

	private WorkDirectory(Path path, FileChannel lock) {
		this.path = path;
		this.lock = lock;
	}

	/**
	 * Make a directory where this machine keeps temporary files.
	 * @return the directory
	 * @throws IOException if it could not be made
	 */
	public static WorkDirectory create() throws IOException {
		return in(Path.of(System.getProperty("java.io.tmpdir")));
	}

	/**
	 * Make a directory in another. The first one that this process makes there also
	 * removes what others left there that were killed.
	 * @param parent the other directory
	 * @return the directory
	 * @throws IOException if it could not be made
	 */
	public static WorkDirectory in(Path parent) throws IOException {
		Path real = parent.toRealPath();
		if (swept.add(real)) {
			sweep(real);
		}
		while (true) {
			byte[] token = new byte[8];
			random.nextBytes(token);
			Path path = real.resolve(NAME + HexFormat.of().formatHex(token));
			System.setProperty(property(path), "in use");
			WorkDirectory made = make(path);
			if (made != null) {
				return made;
			}
		}
	}

	private static @Nullable WorkDirectory make(Path path) throws IOException {
		Path lockFile = lockFile(path);
		FileChannel lock = null;
		boolean done = false;
		try {
			lock = FileChannel.open(lockFile, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
					OwnerOnly.file(lockFile));
			if (isLocked(lock) && Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS)) {
				Files.createDirectory(path, OwnerOnly.directory(path));
				done = true;
				return new WorkDirectory(path, lock);
			}
			return null;
		}
		finally {
			if (!done) {
				if (lock != null) {
					Files.deleteIfExists(lockFile);
					lock.close();
				}
				System.clearProperty(property(path));
			}
		}
	}

	/**
	 * Return whether a new lock file is locked, or cannot be by anybody.
	 */
	private static boolean isLocked(FileChannel channel) {
		try {
			return channel.tryLock() != null;
		}
		catch (IOException ex) {
			logger.debug("The file system knows no locks", ex);
			return true;
		}
	}

	private static String property(Path path) {
		return "io.kvsqlite.work." + path.getFileName();
	}

	private static Path lockFile(Path path) {
		return path.resolveSibling(path.getFileName() + LOCK);
	}

	/**
	 * Remove what is left of processes that are gone. What cannot be removed stays.
	 */
	static void sweep(Path parent) {
		try (DirectoryStream<Path> lockFiles = Files.newDirectoryStream(parent, NAME + "*" + LOCK)) {
			for (Path lockFile : lockFiles) {
				String name = String.valueOf(lockFile.getFileName());
				Path path = parent.resolve(name.substring(0, name.length() - LOCK.length()));
				if (System.getProperty(property(path)) == null) {
					removeIfLeft(path, lockFile);
				}
			}
		}
		catch (IOException ex) {
			logger.debug("What may be left in '{}' could not be looked through", parent, ex);
		}
	}

	private static void removeIfLeft(Path path, Path lockFile) {
		try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
				FileLock lock = channel.tryLock()) {
			if (lock != null) {
				delete(path);
				Files.deleteIfExists(lockFile);
			}
		}
		catch (IOException | OverlappingFileLockException ex) {
			// somebody else's, or somebody else removes it at this moment
			logger.debug("'{}' could not be removed", path, ex);
		}
	}

	private static void delete(Path path) throws IOException {
		if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
			for (Path file : files) {
				Files.deleteIfExists(file);
			}
		}
		Files.deleteIfExists(path);
	}

	/**
	 * Return the directory.
	 * @return its path; for files only, no directories
	 */
	public Path path() {
		return this.path;
	}

	/**
	 * Delete the directory with all its files. Idempotent.
	 * @throws IOException if something could not be deleted; it goes when the process has
	 * ended
	 */
	@Override
	public void close() throws IOException {
		try {
			delete(this.path);
			Files.deleteIfExists(lockFile(this.path));
		}
		finally {
			this.lock.close();
			System.clearProperty(property(this.path));
		}
	}

}
