package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A side whose every turn is that of a process that has just started: the connection, the
 * cache and the store are opened anew for it. Opening the store is not timed, opening the
 * connection is.
 */
final class ColdContender extends Contender {

	private final Side.OpenSide side;

	private final Work work;

	private final boolean evict;

	private Connection connection;

	ColdContender(Side side, Bench bench, Work work, boolean evict) throws IOException, SQLException {
		this(side.label(), side.open(bench), work, evict);
	}

	ColdContender(String label, Side.OpenSide side, Work work, boolean evict) throws SQLException {
		super(label);
		this.side = side;
		this.work = work;
		this.evict = evict;
		this.connection = this.side.connection(WarmContender.ACTOR);
		work.create(this.connection);
	}

	@Override
	void prepare() throws IOException, SQLException {
		this.connection.close();
		this.side.sleep(WarmContender.ACTOR);
		this.side.chill(this.evict);
	}

	@Override
	int operate() throws SQLException {
		this.connection = this.side.connection(WarmContender.ACTOR);
		this.work.prepare(this.connection);
		return this.work.operate();
	}

	@Override
	boolean isOneCall() {
		return true;
	}

	@Override
	public void close() throws IOException, SQLException {
		this.connection.close();
		this.side.close();
	}

}
