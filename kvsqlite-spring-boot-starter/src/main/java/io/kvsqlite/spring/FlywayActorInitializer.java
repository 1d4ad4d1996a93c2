package io.kvsqlite.spring;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;

import io.kvsqlite.ActorInitializer;
import io.kvsqlite.migration.LentConnection;
import io.kvsqlite.migration.MigrationScripts;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.util.Assert;

/**
 * Migrates each actor's database with Flyway when it is opened.
 *
 * <p>
 * Flyway runs as it does on a file: it begins and ends its own transactions, so that each
 * migration is in one, or in none where its script says so or contains
 * {@code PRAGMA foreign_keys}, which SQLite ignores inside a transaction. When a
 * migration fails, those before it stay, and the next open goes on there.
 *
 * <p>
 * Flyway takes milliseconds to find out that there is nothing to do. So a database keeps
 * a stamp, a hash of all migrations that there are and of the settings that choose among
 * them, in the table {@value #STAMP_TABLE}: when it matches, Flyway is not asked. Where
 * there are callbacks, which Flyway runs although nothing is to be done, it always is.
 * Thread-safe.
 */
public final class FlywayActorInitializer implements ActorInitializer, Ordered {

	private static final String STAMP_TABLE = "kvsqlite_migrations";

	private static final String FIND_STAMP_TABLE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '"
			+ STAMP_TABLE + "'";

	private final Supplier<FluentConfiguration> configurations;

	private final MigrationScripts scripts;

	private final String stamp;

	/**
	 * Create an initializer, and find out which migrations there are.
	 * @param configurations makes a configuration of Flyway each time it is asked,
	 * without a data source
	 * @throws org.flywaydb.core.api.FlywayException if the migrations cannot be used,
	 * such as two of the same version
	 */
	public FlywayActorInitializer(Supplier<FluentConfiguration> configurations) {
		Assert.notNull(configurations, "'configurations' must not be null");
		this.configurations = configurations;
		FluentConfiguration configuration = configurations.get();
		this.scripts = MigrationScripts.of(configuration);
		this.stamp = stamp(configuration, this.scripts.migrations());
	}

	private static String stamp(Configuration configuration, List<MigrationInfo> migrations) {
		MessageDigest digest = sha256();
		digest.update("%s|%s|%s|%s|%s|%s|%s|%s|%s%n"
			.formatted(configuration.getTable(), configuration.getDefaultSchema(), configuration.getTarget(),
					configuration.isOutOfOrder(), configuration.isBaselineOnMigrate(),
					configuration.getBaselineVersion(), configuration.isValidateOnMigrate(),
					configuration.isSkipExecutingMigrations(),
					Arrays.stream(configuration.getIgnoreMigrationPatterns()).map(Object::toString).toList())
			.getBytes(StandardCharsets.UTF_8));
		migrations.stream()
			.map((migration) -> "%s|%s|%s|%s|%s%n".formatted(migration.getVersion(), migration.getDescription(),
					migration.getType(), migration.getScript(), migration.getChecksum()))
			.sorted()
			.forEach((line) -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
		return HexFormat.of().formatHex(digest.digest(), 0, 16);
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Return whether there are any migrations.
	 * @return {@code false} if this initializer does nothing
	 */
	public boolean hasMigrations() {
		return !this.scripts.migrations().isEmpty();
	}

	@Override
	public void initialize(String actorId, Connection connection) throws SQLException {
		if (!hasMigrations()) {
			return;
		}
		boolean stamped = this.stamp.equals(readStamp(connection));
		if (stamped && !this.scripts.hasCallbacks()) {
			return;
		}
		this.scripts.check(connection);
		this.configurations.get().dataSource(LentConnection.dataSource(connection)).load().migrate();
		if (!stamped) {
			writeStamp(connection, this.stamp);
		}
	}

	/**
	 * Flyway begins and ends its own transactions, and has its history to go on from.
	 */
	@Override
	public boolean isTransactional() {
		return false;
	}

	private static @Nullable String readStamp(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			return (first(statement, FIND_STAMP_TABLE) != null) ? first(statement, "SELECT stamp FROM " + STAMP_TABLE)
					: null;
		}
	}

	private static @Nullable String first(Statement statement, String sql) throws SQLException {
		try (ResultSet rows = statement.executeQuery(sql)) {
			return rows.next() ? rows.getString(1) : null;
		}
	}

	private static void writeStamp(Connection connection, String stamp) throws SQLException {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE IF NOT EXISTS " + STAMP_TABLE + " (stamp TEXT NOT NULL)");
			statement.executeUpdate("DELETE FROM " + STAMP_TABLE);
		}
		try (PreparedStatement statement = connection.prepareStatement("INSERT INTO " + STAMP_TABLE + " VALUES (?)")) {
			statement.setString(1, stamp);
			statement.executeUpdate();
		}
		connection.commit();
		connection.setAutoCommit(true);
	}

	/**
	 * First, so that other initializers find the tables.
	 */
	@Override
	public int getOrder() {
		return 0;
	}

}
