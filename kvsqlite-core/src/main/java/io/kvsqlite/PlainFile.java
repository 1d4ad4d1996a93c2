package io.kvsqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.jdbc.ConnectionOwner;
import io.kvsqlite.sqlite.SqliteSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;
import org.sqlite.jdbc4.JDBC4Connection;

/**
 * A SQLite file behind a connection that is set up and restricted like an actor's.
 *
 * @param file the file
 */
record PlainFile(Path file) implements ConnectionOwner {

	private static final Logger logger = LoggerFactory.getLogger(PlainFile.class);

	Connection open(SqliteSettings settings) throws SQLException {
		String name = this.file.toString();
		SQLiteConnection physical = new JDBC4Connection("jdbc:sqlite:" + name, name, new Properties());
		try {
			try (Statement statement = physical.createStatement()) {
				// of several statements, this is the call that runs more than the first
				statement.executeUpdate(settings.sql());
			}
			return ActorConnections.of(physical, 0).handOut(this);
		}
		catch (Throwable ex) {
			physical.close();
			throw ex;
		}
	}

	@Override
	public String description() {
		return "file '%s'".formatted(this.file);
	}

	@Override
	public SQLException translate(SQLException ex) {
		return ex;
	}

	@Override
	public void released(SQLiteConnection physical, boolean reusable) {
		try {
			physical.close();
		}
		catch (SQLException ex) {
			logger.warn("The file '{}' could not be closed", this.file, ex);
		}
	}

}
