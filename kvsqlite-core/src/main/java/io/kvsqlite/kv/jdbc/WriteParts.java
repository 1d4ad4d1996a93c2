package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.kv.KvWrite;

/**
 * The parts of a write, as a single statement takes them: arrays, or the key and the
 * value themselves where it puts one and does nothing else.
 */
final class WriteParts implements KvWrite.Visitor<RuntimeException> {

	private final List<byte[]> deletes = new ArrayList<>();

	private final List<byte[]> rangeStarts = new ArrayList<>();

	private final List<byte[]> rangeEnds = new ArrayList<>();

	private final List<byte[]> putKeys = new ArrayList<>();

	private final List<byte[]> putValues = new ArrayList<>();

	static WriteParts of(KvWrite write) {
		WriteParts parts = new WriteParts();
		write.forEach(parts);
		return parts;
	}

	@Override
	public void put(byte[] key, byte[] value) {
		this.putKeys.add(key);
		this.putValues.add(value);
	}

	@Override
	public void delete(byte[] key) {
		this.deletes.add(key);
	}

	@Override
	public void deleteRange(byte[] from, byte[] to) {
		this.rangeStarts.add(from);
		this.rangeEnds.add(to);
	}

	/**
	 * Return whether keys are put, and none deleted: the statement then answers with the
	 * number of keys.
	 */
	boolean onlyPuts() {
		return this.deletes.isEmpty() && this.rangeStarts.isEmpty() && !this.putKeys.isEmpty();
	}

	String sql(Statements statements) {
		if (onlyPuts()) {
			return (this.putKeys.size() == 1) ? statements.put : statements.putAll;
		}
		return statements.write(!this.deletes.isEmpty(), !this.rangeStarts.isEmpty(), !this.putKeys.isEmpty());
	}

	/**
	 * Set the parameters of the parts.
	 * @param statement a statement with the text that {@link #sql} returned
	 * @param first the number of the first parameter to set
	 * @throws SQLException if the driver failed
	 */
	void bind(PreparedStatement statement, int first) throws SQLException {
		if (onlyPuts() && this.putKeys.size() == 1) {
			statement.setBytes(first, this.putKeys.get(0));
			statement.setBytes(first + 1, this.putValues.get(0));
			return;
		}
		int next = first;
		if (!this.deletes.isEmpty()) {
			next = bind(statement, next, this.deletes);
		}
		if (!this.rangeStarts.isEmpty()) {
			next = bind(statement, next, this.rangeStarts);
			next = bind(statement, next, this.rangeEnds);
		}
		if (!this.putKeys.isEmpty()) {
			next = bind(statement, next, this.putKeys);
			bind(statement, next, this.putValues);
		}
	}

	private static int bind(PreparedStatement statement, int index, List<byte[]> values) throws SQLException {
		bind(statement, index, values.toArray(byte[][]::new));
		return index + 1;
	}

	/**
	 * Set a parameter to an array of byte strings. The driver sends them as they are, not
	 * as text.
	 * @param statement the statement
	 * @param index the number of the parameter
	 * @param values the byte strings
	 * @throws SQLException if the driver failed
	 */
	static void bind(PreparedStatement statement, int index, byte[][] values) throws SQLException {
		Connection connection = statement.getConnection();
		statement.setArray(index, connection.createArrayOf("bytea", values));
	}

}
