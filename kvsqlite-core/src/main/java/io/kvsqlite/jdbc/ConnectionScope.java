package io.kvsqlite.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * Where a connection may be used: asked before each operation on it and on all that was
 * made from it, in the thread that asks for the operation. Thread-safe.
 *
 * <p>
 * Only what gives the connection up is never asked for: a rollback, a cancel, an abort, a
 * close. A connection that has a scope does not hand out the objects of sqlite-jdbc
 * either, which know of none.
 */
@FunctionalInterface
public interface ConnectionScope {

	/**
	 * Say whether the calling thread must not use the connection now. Called with the
	 * lock of the connection held, and more than once for each operation: it must be as
	 * cheap as reading a thread-local, and take no lock.
	 * @return why the operation is refused, {@code null} if it may run
	 */
	@Nullable String refusal();

}
