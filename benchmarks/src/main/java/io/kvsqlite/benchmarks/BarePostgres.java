package io.kvsqlite.benchmarks;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.KvWrite;

/**
 * A plain upsert of the same bytes into a table of the same kind on the same PostgreSQL
 * server, one statement and one transaction.
 */
final class BarePostgres extends Contender {

	static final String LABEL = "bare upsert, same bytes";

	private final HikariDataSource pool;

	private final RecordedWrites writes;

	BarePostgres(Bench bench, RecordedWrites writes) throws SQLException {
		super(LABEL);
		this.writes = writes;
		this.pool = bench.servers().postgres();
		try (Connection connection = this.pool.getConnection()) {
			Work.execute(connection, "DROP TABLE IF EXISTS bare", """
					CREATE TABLE bare (actor bigint NOT NULL, key bytea NOT NULL, value bytea NOT NULL,
						PRIMARY KEY (actor, key))""", "ALTER TABLE bare ALTER COLUMN value SET STORAGE EXTERNAL",
					"ALTER TABLE bare SET (fillfactor = 50)");
		}
	}

	@Override
	int operate() throws SQLException {
		KvWrite write = this.writes.next();
		List<byte[]> keys = new ArrayList<>();
		List<byte[]> values = new ArrayList<>();
		write.forEach(new Puts<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				keys.add(key);
				values.add(value);
			}

		});
		try (Connection connection = this.pool
			.getConnection(); PreparedStatement upsert = connection.prepareStatement("""
					INSERT INTO bare (actor, key, value) SELECT 1, u.key, u.value FROM unnest(?, ?) AS u (key, value)
					ON CONFLICT (actor, key) DO UPDATE SET value = excluded.value""")) {
			Array keyArray = connection.createArrayOf("bytea", keys.toArray(byte[][]::new));
			Array valueArray = connection.createArrayOf("bytea", values.toArray(byte[][]::new));
			upsert.setArray(1, keyArray);
			upsert.setArray(2, valueArray);
			upsert.executeUpdate();
		}
		return 1;
	}

	@Override
	public void close() {
		this.pool.close();
	}

}
