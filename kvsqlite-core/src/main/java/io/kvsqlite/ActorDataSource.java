package io.kvsqlite;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.logging.Logger;

import javax.sql.DataSource;

import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.jdbc.ConnectionScope;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The {@link DataSource} of one actor. Holds nothing, so it can be kept for as long as
 * one likes: the actor is opened when a connection is asked for. Two of the same factory
 * and actor are equal, which is how a transaction recognises its own. Thread-safe.
 */
final class ActorDataSource implements DataSource {

	private final ActorDataSourceFactory factory;

	private final String actorId;

	private final @Nullable ConnectionScope scope;

	private volatile @Nullable Duration loginTimeout;

	ActorDataSource(ActorDataSourceFactory factory, String actorId, @Nullable ConnectionScope scope) {
		this.factory = factory;
		this.actorId = actorId;
		this.scope = scope;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.factory.connection(this.actorId, this.loginTimeout);
		if (this.scope != null) {
			ActorConnections.limit(connection, this.scope);
		}
		return connection;
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		throw new SQLFeatureNotSupportedException(
				"The database of actor '%s' has no users; call getConnection() without"
					.formatted(Printable.id(this.actorId)));
	}

	@Override
	public @Nullable PrintWriter getLogWriter() {
		return null;
	}

	@Override
	public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
		if (out != null) {
			throw new SQLFeatureNotSupportedException("Logging goes through SLF4J, not to a log writer");
		}
	}

	/**
	 * Set how long to wait for a connection of this actor, instead of the factory's
	 * time-out.
	 * @param seconds the time, 0 for the factory's
	 */
	@Override
	public void setLoginTimeout(int seconds) throws SQLException {
		if (seconds < 0) {
			throw new SQLException("A login time-out must not be negative, but is %d".formatted(seconds));
		}
		this.loginTimeout = (seconds > 0) ? Duration.ofSeconds(seconds) : null;
	}

	@Override
	public int getLoginTimeout() {
		Duration timeout = this.loginTimeout;
		return (timeout != null) ? (int) timeout.toSeconds() : 0;
	}

	@Override
	public Logger getParentLogger() throws SQLFeatureNotSupportedException {
		throw new SQLFeatureNotSupportedException("Logging goes through SLF4J, not through java.util.logging");
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		if (type.isInstance(this.scope)) {
			return type.cast(this.scope);
		}
		if (type == ActorDataSourceFactory.class) {
			return type.cast(this.factory);
		}
		throw new SQLException(
				"The data source of actor '%s' is no %s".formatted(Printable.id(this.actorId), type.getName()));
	}

	@Override
	public boolean isWrapperFor(Class<?> type) {
		return type.isInstance(this) || type.isInstance(this.scope) || type == ActorDataSourceFactory.class;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof ActorDataSource that && this.factory == that.factory
				&& this.actorId.equals(that.actorId);
	}

	@Override
	public int hashCode() {
		return 31 * System.identityHashCode(this.factory) + this.actorId.hashCode();
	}

	@Override
	public String toString() {
		return "DataSource of actor '%s'".formatted(Printable.id(this.actorId));
	}

}
