package io.kvsqlite.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Pattern;

import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.MalformedMetadataException;

/**
 * SQLite as it is, over a file: the judge between the two implementations.
 */
final class StockSqlite {

	private static final Pattern AROUND_VACUUM = Pattern.compile("(?<=\\n)(?=VACUUM;)|(?<=VACUUM;)\\n");

	private final Path file;

	StockSqlite(Path directory) {
		this.file = directory.resolve("stock.db");
	}

	/**
	 * Run a script on a new database.
	 * @param script the SQL
	 * @return the namespace that its files make
	 */
	KvLog run(String script) throws IOException, SQLException {
		clear();
		Files.write(this.file, EmptyDatabase.page(3053004));
		try (Connection connection = open()) {
			execute(connection, script);
		}
		return KvLog.dump(StoredFiles.pack(this.file));
	}

	/**
	 * Run two scripts, of which the second leaves a transaction open, and stop.
	 * @param script the SQL that is committed
	 * @param transaction the SQL that is not
	 * @return the namespace that the files make before the transaction ends
	 */
	KvLog runAndStop(String script, String transaction) throws IOException, SQLException {
		clear();
		Files.write(this.file, EmptyDatabase.page(3053004));
		try (Connection connection = open()) {
			execute(connection, script);
			execute(connection, transaction);
			return KvLog.dump(StoredFiles.pack(this.file));
		}
	}

	/**
	 * Return what a database holds.
	 * @param database its namespace
	 * @return see {@link DatabaseDigest}
	 */
	String digest(KvLog database) throws IOException, SQLException, MalformedMetadataException {
		return digestOfPrefix(database, database.writes().size());
	}

	/**
	 * Return what a prefix of a log holds once it is opened, a hot journal rolled back
	 * included.
	 * @param log the log
	 * @param count how many writes were applied
	 * @return see {@link DatabaseDigest}
	 */
	String digestOfPrefix(KvLog log, int count) throws IOException, SQLException, MalformedMetadataException {
		clear();
		StoredFiles.unpack(log.namespaceAfter(count), this.file);
		try (Connection connection = open()) {
			return DatabaseDigest.of(connection);
		}
	}

	private void clear() throws IOException {
		Files.deleteIfExists(this.file);
		Files.deleteIfExists(StoredFiles.withSuffix(this.file, "-journal"));
	}

	private Connection open() throws SQLException {
		return DriverManager.getConnection("jdbc:sqlite:" + this.file);
	}

	/**
	 * Run all statements of a script, VACUUM on its own, as kvsqlite wants it.
	 * @param connection where to
	 * @param script the SQL
	 */
	static void execute(Connection connection, String script) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String part : AROUND_VACUUM.split(script)) {
				statement.executeUpdate(part);
			}
		}
	}

}
