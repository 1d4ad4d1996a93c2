package io.kvsqlite.sample;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import io.kvsqlite.ActorInitializer;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.stereotype.Component;

/**
 * Gives a new notebook its tables. The version in the database's header says that they
 * are there, so a notebook that has them pays one read of it.
 */
@Component
class NotebookSchema implements ActorInitializer {

	private static final int VERSION = 1;

	@Override
	public void initialize(String actorId, Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("PRAGMA user_version")) {
				if (rows.next() && rows.getInt(1) == VERSION) {
					return;
				}
			}
			connection.setAutoCommit(false);
			ResourceDatabasePopulator script = new ResourceDatabasePopulator(
					new ClassPathResource("db/actor/V1__notes.sql"));
			script.setSeparator(";;");
			script.populate(connection);
			statement.executeUpdate("PRAGMA user_version = " + VERSION);
			connection.commit();
		}
	}

}
