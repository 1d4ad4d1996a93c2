package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * The directory of a database, looked at before RocksDB touches it, for RocksDB makes a
 * database in any directory and deletes files there that it takes for its own leftovers.
 */
final class DatabaseDirectory {

	private static final Set<String> COLUMN_FAMILIES = Set.of("default");

	/**
	 * What may be in a directory without a database: what a crash in the middle of the
	 * first opening leaves, and what file systems put there.
	 */
	private static final Pattern HARMLESS = Pattern
		.compile("LOCK|LOG|LOG\\.old\\..*|IDENTITY|MANIFEST-000001|.*\\.dbtmp|lost\\+found|kvsqlite\\.(lock|mark)");

	private final Path path;

	DatabaseDirectory(Path path) {
		this.path = path;
	}

	/**
	 * Make the directory if it is missing, and check that it is this store's or empty.
	 */
	void prepare() {
		try {
			// which takes a link to a directory for something else
			if (!Files.isDirectory(this.path)) {
				Files.createDirectories(this.path);
			}
		}
		catch (IOException ex) {
			throw exception("cannot be made: " + describe(ex), ex);
		}
		if (!Files.isWritable(this.path)) {
			throw exception("cannot be written", null);
		}
		if (Files.exists(this.path.resolve("CURRENT"))) {
			requireOurDatabase();
		}
		else {
			requireNothingElse();
		}
	}

	/**
	 * Take the directory for a database of this process.
	 * @throws RocksDbDirectoryLockedException if it is in use
	 */
	DirectoryLock lock() {
		try {
			return DirectoryLock.acquire(this.path);
		}
		catch (IOException ex) {
			throw exception("cannot be locked: " + describe(ex), ex);
		}
	}

	/**
	 * Look for damage, before RocksDB does.
	 * @param locked the real path of this directory
	 */
	DamageCheck check(Path locked) {
		try {
			return DamageCheck.of(locked);
		}
		catch (IOException ex) {
			throw exception("cannot be read: " + describe(ex), ex);
		}
	}

	/**
	 * Throw if something is missing.
	 */
	void requireWhole(DamageCheck check) {
		List<String> findings = check.findings();
		if (!findings.isEmpty()) {
			throw new RocksDbDirectoryDamagedException(this.path, findings);
		}
	}

	/**
	 * Return what a finding means to a database that was opened all the same.
	 */
	String lossOf(String finding) {
		return "The RocksDB directory '%s' was opened though commits are missing that were acknowledged: %s"
			.formatted(this.path, finding);
	}

	private void requireNothingElse() {
		try (Stream<Path> files = Files.list(this.path)) {
			List<String> foreign = files.map((file) -> file.getFileName().toString())
				.filter((name) -> !HARMLESS.matcher(name).matches())
				.sorted()
				.toList();
			if (!foreign.isEmpty()) {
				throw exception("has no database in it, but other files (%d, such as '%s')".formatted(foreign.size(),
						foreign.get(0)), null);
			}
		}
		catch (IOException | UncheckedIOException ex) {
			throw exception("cannot be listed: " + describe(ex), ex);
		}
	}

	private void requireOurDatabase() {
		Set<String> families = new TreeSet<>();
		try (Options options = new Options()) {
			for (byte[] family : RocksDB.listColumnFamilies(options, this.path.toString())) {
				families.add(new String(family, StandardCharsets.UTF_8));
			}
		}
		catch (RocksDBException ex) {
			throw failure(ex);
		}
		if (!families.equals(COLUMN_FAMILIES)) {
			throw exception("holds a RocksDB database that is not of this store; its column families are " + families,
					null);
		}
	}

	/**
	 * Return what a failure to open the database means.
	 */
	KvDefiniteException failure(RocksDBException cause) {
		if (RocksDbFailures.isLocked(cause)) {
			return new RocksDbDirectoryLockedException(this.path, RocksDbFailures.isLockedByThisProcess(cause), cause);
		}
		return RocksDbFailures.definite("The RocksDB directory '%s' cannot be opened".formatted(this.path), cause);
	}

	RocksDbDirectoryException exception(String reason, @Nullable Throwable cause) {
		return new RocksDbDirectoryException(this.path, reason, cause);
	}

	private static String describe(Exception ex) {
		return "%s (%s)".formatted(ex.getMessage(), ex.getClass().getSimpleName());
	}

}
