package io.kvsqlite.jdbc;

import java.sql.SQLException;
import java.sql.Wrapper;

import org.jspecify.annotations.Nullable;

/**
 * Something an application gets from a connection, in front of the object of sqlite-jdbc.
 *
 * <p>
 * Every operation runs as: take the lock of the {@link Hold}, {@link #begin()}, call the
 * delegate, {@link Hold#end()}. The lock spans check and call: once a close has had it,
 * nothing reaches the physical connection through us. What ends without an {@code end}
 * has vanished in an {@link Error} or another surprise, and whatever comes next finds
 * that.
 *
 * <p>
 * Two groups of methods go without, for speed, in the thread that has the connection: the
 * setters of parameters, which touch nothing native, and the getters of columns. (In any
 * other thread they take the lock, too: what that thread closes may serve somebody else a
 * moment later.) A getter reaches the connection through the handle of its statement
 * only, and sqlite-jdbc asks under a monitor of its own whether the handle is open (its
 * {@code SafeStmtPtr}); a close has closed it for good before the connection is given
 * back. Before that it has reset it, when all columns read as NULL: so a getter asks
 * again afterwards, and that monitor makes it see a close that it read behind. (Stepping
 * to the next row must have the lock: it would run a statement that was reset a second
 * time.)
 *
 * @param <D> the interface of the delegate
 */
abstract class Guarded<D extends Wrapper> implements Wrapper {

	final Hold hold;

	final Object lock;

	final D delegate;

	/**
	 * Written with the lock held, once. What is read without it may be late: then
	 * sqlite-jdbc refuses.
	 */
	boolean closed;

	Guarded(Hold hold, D delegate) {
		this.hold = hold;
		this.lock = hold.lock();
		this.delegate = delegate;
	}

	/**
	 * Return the delegate, if it may be used.
	 * @throws SQLException if this is closed, or the connection is closed or poisoned
	 */
	D open() throws SQLException {
		this.hold.checkServing();
		checkNotClosed();
		return this.delegate;
	}

	final void checkNotClosed() throws SQLException {
		if (this.closed) {
			throw new RefusedException(this + " is closed", RefusedException.CLOSED);
		}
	}

	/**
	 * Return the delegate for a call, if it may be used. {@link Hold#end} must follow.
	 * Called with the lock held.
	 * @throws SQLException if this is closed, or the connection is closed or poisoned
	 */
	final D begin() throws SQLException {
		this.hold.begin();
		return open();
	}

	/**
	 * Call the delegate.
	 */
	final <R extends @Nullable Object> R call(Call<? super D, R> call) throws SQLException {
		try {
			synchronized (this.lock) {
				try {
					R result = call.of(begin());
					this.hold.end();
					return result;
				}
				catch (SQLException ex) {
					throw this.hold.end(ex);
				}
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	/**
	 * Return what to throw for an exception of the delegate.
	 */
	final SQLException failed(SQLException ex) {
		return this.hold.failed(ex);
	}

	/**
	 * Return what to throw for an exception of a method that works without the lock: when
	 * a close came in between, then that is the reason.
	 */
	final SQLException failedUnlocked(SQLException ex) {
		if (this.hold.isOwnThread()) {
			this.hold.callingUnlocked = false;
		}
		try {
			open();
			return failed(ex);
		}
		catch (SQLException refusal) {
			refusal.addSuppressed(ex);
			return failed(refusal);
		}
	}

	@Override
	public final <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		try {
			synchronized (this.lock) {
				try {
					D open = begin();
					boolean wraps = isWrapperFor(type);
					if (wraps) {
						this.hold.unwrapped();
					}
					this.hold.end();
					if (wraps) {
						return type.cast(open);
					}
				}
				catch (SQLException ex) {
					throw this.hold.end(ex);
				}
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
		throw new RefusedException(this + " is no wrapper for " + type.getName(), RefusedException.UNSUPPORTED);
	}

	@Override
	public final boolean isWrapperFor(Class<?> type) {
		return type.isInstance(this) || (this.hold.scope() == null && type.isInstance(this.delegate));
	}

	/**
	 * A call of the delegate.
	 *
	 * @param <D> the interface of the delegate
	 * @param <R> the result
	 */
	@FunctionalInterface
	interface Call<D, R extends @Nullable Object> {

		R of(D delegate) throws SQLException;

	}

}
