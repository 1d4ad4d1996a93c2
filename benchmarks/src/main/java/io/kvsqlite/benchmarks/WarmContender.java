package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A side with one connection that stays open, its pages warm.
 */
final class WarmContender extends Contender {

	static final String ACTOR = "actor";

	private final Side.OpenSide side;

	private final Connection connection;

	private final Work work;

	WarmContender(Side side, Bench bench, Work work) throws IOException, SQLException {
		this(side.label(), side.open(bench), work);
	}

	WarmContender(String label, Side.OpenSide side, Work work) throws SQLException {
		super(label);
		this.side = side;
		this.connection = this.side.connection(ACTOR);
		this.work = work;
		work.create(this.connection);
		work.prepare(this.connection);
	}

	@Override
	int operate() throws SQLException {
		return this.work.operate();
	}

	@Override
	public void close() throws IOException, SQLException {
		this.connection.close();
		this.side.close();
	}

}
