package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The right of one database to a directory, whatever the directory is called.
 *
 * <p>
 * RocksDB asks whether it has a directory open by the name that it was given, so a second
 * spelling of it passes; and when that one is closed, the operating system drops this
 * process's lock on the directory, for such locks belong to a process and a file. So this
 * lock is taken before RocksDB sees the directory, and known by two things: the real
 * path, because RocksDB makes new files by name, and the file key, which a link, a second
 * mount or a move does not change.
 *
 * <p>
 * Three rings:
 * <ol>
 * <li>What this class has locked, which settles all of one class loader.
 * <li>A lock on {@value #FILE}, whose table in the JDK is shared by all class loaders.
 * Closing any channel to that file drops the lock that another channel holds. So a
 * channel that found the file locked by this process is kept for the next attempt and not
 * closed, and a release and its closing are one step for the whole JVM.
 * <li>The same lock, against other processes. RocksDB's own one stays beside it, for
 * processes that do not know this one; whoever deletes {@code LOCK} because it looks like
 * a left-over meets this one.
 * </ol>
 */
final class DirectoryLock implements AutoCloseable {

	/**
	 * The name of the file that is locked.
	 */
	static final String FILE = "kvsqlite.lock";

	/**
	 * Interned, so that it is one object for all class loaders.
	 */
	private static final Object JVM = "io.kvsqlite.kv.rocksdb.DirectoryLock".intern();

	/**
	 * What is locked by this class. Guarded by {@link #JVM}.
	 */
	private static final Set<Object> locked = new HashSet<>();

	/**
	 * Channels that found their file locked by another class loader, by the key of that
	 * file. Guarded by {@link #JVM}.
	 */
	private static final Map<Object, FileChannel> refused = new HashMap<>();

	private final Path path;

	private final Object key;

	private final Object fileKey;

	private final FileChannel channel;

	private boolean released;

	private DirectoryLock(Path path, Object key, Object fileKey, FileChannel channel) {
		this.path = path;
		this.key = key;
		this.fileKey = fileKey;
		this.channel = channel;
	}

	/**
	 * Lock a directory.
	 * @param directory a directory that exists, as it was configured
	 * @throws RocksDbDirectoryLockedException if it is locked
	 * @throws IOException if it cannot be told what the directory is, or its file cannot
	 * be made or locked; then nothing is locked
	 */
	static DirectoryLock acquire(Path directory) throws IOException {
		// an interrupted thread would have its channel closed
		boolean interrupted = Thread.interrupted();
		try {
			synchronized (JVM) {
				return acquireAlone(directory);
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private static DirectoryLock acquireAlone(Path directory) throws IOException {
		Path path = directory.toRealPath();
		Object key = key(path);
		if (locked.contains(path) || locked.contains(key)) {
			throw new RocksDbDirectoryLockedException(directory, true, null);
		}
		Path file = path.resolve(FILE);
		if (!Files.exists(file)) {
			Files.createFile(file);
		}
		Object fileKey = key(file);
		FileChannel channel = refused.remove(fileKey);
		if (channel == null) {
			channel = FileChannel.open(file, StandardOpenOption.WRITE);
		}
		boolean successful = false;
		try {
			lock(directory, fileKey, channel);
			locked.add(path);
			locked.add(key);
			DirectoryLock lock = new DirectoryLock(path, key, fileKey, channel);
			successful = true;
			return lock;
		}
		finally {
			if (!successful) {
				locked.remove(path);
				locked.remove(key);
				if (refused.get(fileKey) != channel) {
					channel.close();
				}
			}
		}
	}

	private static void lock(Path directory, Object fileKey, FileChannel channel) throws IOException {
		FileLock lock;
		try {
			lock = channel.tryLock();
		}
		catch (OverlappingFileLockException ex) {
			refused.put(fileKey, channel);
			throw new RocksDbDirectoryLockedException(directory, true, ex);
		}
		if (lock == null) {
			throw new RocksDbDirectoryLockedException(directory, false, null);
		}
	}

	/**
	 * Return what the file system knows a file by, which is its path where there is
	 * nothing better.
	 */
	private static Object key(Path path) throws IOException {
		@Nullable Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
		return (key != null) ? key : path;
	}

	/**
	 * Return whether this class has locked a directory.
	 */
	static boolean isHeld(Path directory) throws IOException {
		synchronized (JVM) {
			Path path = directory.toRealPath();
			return locked.contains(path) || locked.contains(key(path));
		}
	}

	/**
	 * Return the path of the directory without links, the same for every spelling.
	 */
	Path path() {
		return this.path;
	}

	/**
	 * Return whether the path still leads to the directory that was locked, and to the
	 * file by which others notice: it does not once the directory was moved or another
	 * was put in its place.
	 */
	boolean isInPlace() {
		try {
			return key(this.path).equals(this.key) && key(this.path.resolve(FILE)).equals(this.fileKey);
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Let go of the directory. Idempotent.
	 */
	@Override
	public void close() throws IOException {
		synchronized (JVM) {
			if (this.released) {
				return;
			}
			this.released = true;
			locked.remove(this.path);
			locked.remove(this.key);
			// releases the lock as well
			this.channel.close();
		}
	}

}
