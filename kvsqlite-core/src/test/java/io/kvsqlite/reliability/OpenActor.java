package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.vfs.VfsListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The actor under test, as the layer above uses an {@link ActorDatabase}.
 */
final class OpenActor {

	private static final VfsListener SILENT = new VfsListener() {
	};

	private final KvStore store;

	private final Setting setting;

	private @Nullable ActorDatabase database;

	OpenActor(KvStore store, Setting setting) {
		this.store = store;
		this.setting = setting;
	}

	Connection connection() throws SQLException {
		ActorDatabase database = this.database;
		if (database == null) {
			database = ActorDatabase.open(this.store, Namespace.ACTOR, this.setting.files(), this.setting.sqlite(),
					SILENT);
			this.database = database;
		}
		return database.connection();
	}

	void run(Step step) throws SQLException {
		if (step instanceof Step.Sql sql) {
			Connection connection = connection();
			try {
				sql.run(connection);
			}
			catch (SQLException ex) {
				throw translated(ex);
			}
		}
		else {
			close();
			if (step instanceof Step.Delete) {
				// by force: an open whose reply was lost has left the actor ours
				this.store.delete(Namespace.ACTOR, true);
			}
			connection();
		}
	}

	SQLException translated(SQLException ex) {
		ActorDatabase database = this.database;
		return (database != null) ? database.translate(ex) : ex;
	}

	boolean isOpen() {
		return this.database != null;
	}

	boolean isUsable() {
		return this.database != null && this.database.isUsable();
	}

	/**
	 * End a transaction that a failed statement left open, if it did.
	 */
	void rollBack() {
		ActorDatabase database = this.database;
		if (database == null) {
			return;
		}
		try (Statement statement = database.connection().createStatement()) {
			statement.execute("ROLLBACK");
		}
		catch (SQLException ex) {
			// none was open, or SQLite ended it itself; or the rollback failed as well,
			// and
			// then the next statement says so
			database.translate(ex);
		}
	}

	/**
	 * Check that a connection refuses to work after a fatal fault.
	 */
	void requireRefusal() throws SQLException {
		ActorDatabase database = this.database;
		assertThat(database).isNotNull();
		try (Statement statement = database.connection().createStatement()) {
			assertThatExceptionOfType(SQLException.class).as("a write after a fatal fault")
				.isThrownBy(() -> statement.execute("CREATE TABLE refused(x)"));
		}
	}

	void close() throws SQLException {
		ActorDatabase database = this.database;
		this.database = null;
		if (database != null) {
			database.close();
		}
	}

}
