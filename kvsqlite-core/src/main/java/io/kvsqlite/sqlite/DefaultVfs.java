package io.kvsqlite.sqlite;

import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Platform;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.core.DB;

/**
 * Finds the default {@code sqlite3_vfs} of the SQLite inside sqlite-jdbc, which exports
 * no function to ask for it.
 *
 * <p>
 * {@code org.sqlite.core.NativeDB} keeps the address of its {@code sqlite3} in the field
 * {@code pointer}, and the first pointer in that structure is the VFS. Every assumption
 * is checked before anything is written: the field, a layout version from 1 to 3,
 * plausible sizes, and a name that SQLite's own VFSes have.
 *
 * @param address where the structure is
 * @param sqliteVersion the version of that SQLite, such as {@code 3.53.4}
 * @param batchAtomicWrite whether it was compiled with
 * {@code SQLITE_ENABLE_BATCH_ATOMIC_WRITE}
 */
record DefaultVfs(long address, String sqliteVersion, boolean batchAtomicWrite) {

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static final int LONGEST_NAME = 32;

	static DefaultVfs find() {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
			Set<String> options = new HashSet<>();
			String version;
			try (Statement statement = connection.createStatement()) {
				try (ResultSet rows = statement.executeQuery("PRAGMA compile_options")) {
					while (rows.next()) {
						options.add(rows.getString(1));
					}
				}
				try (ResultSet rows = statement.executeQuery("SELECT sqlite_version()")) {
					rows.next();
					version = rows.getString(1);
				}
			}
			long address = addressOf(connection.unwrap(SQLiteConnection.class).getDatabase());
			return new DefaultVfs(address, version, options.contains("ENABLE_BATCH_ATOMIC_WRITE"));
		}
		catch (SQLException ex) {
			throw unsupported("it cannot open a database in memory", ex);
		}
	}

	private static long addressOf(DB database) {
		if (Platform.getPlatform().addressSize() != Long.SIZE) {
			throw unsupported("only 64-bit platforms are supported", null);
		}
		long sqlite = connectionAddress(database);
		long vfs = memory.getAddress(sqlite);
		require(isPlausible(vfs), "its VFS pointer is not an address");
		int version = memory.getInt(vfs + VfsLayout.VERSION);
		require(version >= 1 && version <= 3, "its VFS has layout version " + version);
		int fileSize = memory.getInt(vfs + VfsLayout.FILE_SIZE);
		require(fileSize >= Long.BYTES && fileSize <= 4096, "its VFS says that files take " + fileSize + " bytes");
		int pathLength = memory.getInt(vfs + VfsLayout.MAX_PATHNAME);
		require(pathLength >= 64 && pathLength <= 1 << 20, "its VFS says that names take " + pathLength + " bytes");
		long name = memory.getAddress(vfs + VfsLayout.NAME);
		require(isPlausible(name), "its VFS has no name");
		String text = new String(memory.getZeroTerminatedByteArray(name, LONGEST_NAME), StandardCharsets.US_ASCII);
		require(text.startsWith("unix") || text.startsWith("win32"), "its VFS has an unknown name");
		return vfs;
	}

	/**
	 * Return where the structure of an open connection is.
	 */
	static long connectionAddress(DB database) {
		long sqlite;
		try {
			Field pointer = database.getClass().getDeclaredField("pointer");
			pointer.setAccessible(true);
			sqlite = pointer.getLong(database);
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			throw unsupported("the class %s has no readable field 'pointer'".formatted(database.getClass().getName()),
					ex);
		}
		require(isPlausible(sqlite), "its database pointer is not an address");
		return sqlite;
	}

	/**
	 * Return whether a number may be an address in user space, aligned as C aligns
	 * pointers: reading from any other would end the process.
	 */
	private static boolean isPlausible(long address) {
		return address > 4096 && address < 1L << 56;
	}

	private static void require(boolean condition, String problem) {
		if (!condition) {
			throw unsupported(problem, null);
		}
	}

	private static UnsupportedSqliteException unsupported(String problem, @Nullable Throwable cause) {
		return new UnsupportedSqliteException(
				"sqlite-jdbc %s cannot be used: %s. Known to work are 3.53.4.0 and 3.54.1.0"
					.formatted(SQLiteJDBCLoader.getVersion(), problem),
				cause);
	}

	/**
	 * Return the version as SQLite notes it in a database's header, such as 3053004.
	 */
	int sqliteVersionNumber() {
		String[] parts = this.sqliteVersion.split("\\.");
		return Integer.parseInt(parts[0]) * 1_000_000 + Integer.parseInt(parts[1]) * 1_000
				+ ((parts.length > 2) ? Integer.parseInt(parts[2]) : 0);
	}

}
