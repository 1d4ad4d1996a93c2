package io.kvsqlite.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the same statements on an actor and on a plain SQLite file, and expects the same
 * of both: rows, counts, errors, and in the end the content.
 */
final class Oracle implements AutoCloseable {

	private static final Pattern CHANGE = Pattern.compile("INSERT|UPDATE|DELETE");

	private final KvStore store;

	private final ActorBuilder builder;

	private final Connection plainConnection;

	private final Sql plain;

	private ActorDatabase actor;

	private Sql sql;

	Oracle(KvStore store, ActorBuilder builder, Path directory) throws SQLException {
		this.store = store;
		this.builder = builder;
		this.plainConnection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("plain.db"));
		this.plain = new Sql(this.plainConnection).run("PRAGMA synchronous = OFF");
		this.actor = builder.open();
		this.sql = new Sql(this.actor.connection());
	}

	/**
	 * Return the actor's connection, to do what the oracle shall not.
	 */
	Sql actor() {
		return this.sql;
	}

	/**
	 * Return the oracle's connection, to do what the actor shall not.
	 */
	Sql plain() {
		return this.plain;
	}

	/**
	 * Run statements on both.
	 */
	Oracle run(String... statements) {
		for (String statement : statements) {
			assertThat(outcome(this.sql, statement)).as(statement).isEqualTo(outcome(this.plain, statement));
		}
		return this;
	}

	/**
	 * Run statements that must fail on both, in the same way.
	 */
	Oracle fail(String... statements) {
		for (String statement : statements) {
			List<String> outcome = outcome(this.sql, statement);
			assertThat(outcome).as(statement).isEqualTo(outcome(this.plain, statement));
			assertThat(outcome.get(0)).as(statement).startsWith("error ");
		}
		return this;
	}

	private static List<String> outcome(Sql sql, String text) {
		try (Statement statement = sql.connection().createStatement()) {
			if (!statement.execute(text)) {
				// SQLite leaves the count of the last change behind a statement that
				// changes none
				return CHANGE.matcher(text).lookingAt() ? List.of("changed " + statement.getUpdateCount())
						: List.of("done");
			}
			try (ResultSet rows = statement.getResultSet()) {
				return Sql.describe(rows);
			}
		}
		catch (SQLException ex) {
			return List.of("error " + ex.getErrorCode(), String.valueOf(ex.getMessage()));
		}
	}

	/**
	 * Check that both hold the same, and that the actor's database is sound.
	 */
	Oracle assertSame() throws SQLException {
		assertThat(this.sql.content()).isEqualTo(this.plain.content());
		this.sql.assertIntegrity();
		return this;
	}

	/**
	 * Close the actor, look at what is stored, open it again.
	 */
	Oracle reopen() throws SQLException {
		this.actor.close();
		new StoredActor(this.store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
		this.actor = this.builder.open();
		this.sql = new Sql(this.actor.connection());
		return this;
	}

	@Override
	public void close() throws SQLException {
		try {
			this.actor.close();
		}
		finally {
			this.plainConnection.close();
		}
	}

}
