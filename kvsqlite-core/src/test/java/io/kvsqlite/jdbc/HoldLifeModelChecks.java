package io.kvsqlite.jdbc;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import io.kvsqlite.reliability.Interleavings;

/**
 * Checks of {@link HoldLife} that a model checker runs with their threads interleaved in
 * many ways: one gives the connection back, nothing runs then, and no interrupt comes.
 */
class HoldLifeModelChecks {

	@Test
	void endWhileTheConnectionIsUsedAndCancelledShouldShutOutBoth() {
		Interleavings.check(() -> endWhileCancelled(new Connection()));
	}

	@Test
	void endWhenACancelDoesNotLockShouldBeRed() {
		Interleavings.requireRed(() -> endWhileCancelled(new Connection() {

			@Override
			HoldLife life() {
				return new HoldLife(this::interrupt) {

					@Override
					void cancel() throws SQLException {
						if (isServing()) {
							interrupt();
						}
					}

				};
			}

		}));
	}

	@Test
	void abortByTwoWhileTheConnectionIsClosedShouldGiveItBackOnce() {
		Interleavings.check(() -> {
			Connection connection = new Connection();
			Thread aborting = Interleavings.start(connection::abort);
			Thread user = Interleavings.start(connection::use);
			connection.close();
			Interleavings.join(aborting);
			Interleavings.join(user);
			connection.requireEnd();
		});
	}

	private static void endWhileCancelled(Connection connection) {
		Thread cancelling = Interleavings.start(connection::cancel);
		Thread user = Interleavings.start(connection::use);
		connection.close();
		Interleavings.join(cancelling);
		Interleavings.join(user);
		connection.requireEnd();
	}

	/**
	 * A connection that notices what must not happen to it.
	 */
	private static class Connection {

		private final HoldLife life = life();

		private volatile boolean running;

		private volatile boolean ended;

		private final AtomicInteger returns = new AtomicInteger();

		private volatile boolean failed;

		HoldLife life() {
			return new HoldLife(this::interrupt);
		}

		void interrupt() {
			require(!this.ended, "an interrupt came after the end");
		}

		void use() {
			synchronized (this.life.lock()) {
				if (this.life.isServing()) {
					this.running = true;
					require(!this.ended, "something runs after the end");
					this.running = false;
				}
			}
		}

		void cancel() {
			try {
				this.life.cancel();
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		void abort() {
			try {
				if (this.life.abort()) {
					this.life.interruptAgain();
					close();
				}
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		void close() {
			boolean first = this.life.end(() -> {
				require(!this.running, "it ends while something runs");
				this.ended = true;
			});
			if (first) {
				this.returns.incrementAndGet();
			}
		}

		void requireEnd() {
			require(!this.failed, "something was wrong");
			require(this.returns.get() == 1, "it was not given back once");
			require(!this.life.isServing() && !this.life.isAborted(), "it has not ended");
		}

		private void require(boolean holds, String otherwise) {
			if (!holds) {
				this.failed = true;
				throw new IllegalStateException(otherwise);
			}
		}

	}

}
