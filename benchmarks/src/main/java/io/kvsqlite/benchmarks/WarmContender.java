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

	/**
	 * Bring this side's log into the state in which it stays, if it has one.
	 */
	WarmContender steady(SteadyLogs logs) throws SQLException {
		if (label().equals(Side.KVSQLITE_ROCKSDB.label())) {
			logs.of(this.side.store());
		}
		else if (label().equals(Side.FILE_WAL_FULL.label())) {
			try (Connection another = this.side.connection(ACTOR)) {
				logs.ofWal(another);
			}
		}
		return this;
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
