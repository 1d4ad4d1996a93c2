package io.kvsqlite.spring.routing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import io.kvsqlite.spring.ActorDatabases;
import org.jspecify.annotations.Nullable;

import org.springframework.core.InfrastructureProxy;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.util.Assert;

/**
 * A data source that is the one of the {@linkplain ActorContext current actor}, for what
 * takes a single data source: &#64;Transactional, repositories, JPA, jOOQ, MyBatis.
 *
 * <p>
 * An {@link InfrastructureProxy}, so that Spring binds a transaction's connection under
 * the actor's own data source: a transaction of one actor inside that of another gets a
 * connection of its own, and an explicit handle on the same actor takes part. Without a
 * current actor a connection only says what kind of database there is; SQL on it fails.
 * Thread-safe.
 */
public final class ActorRoutingDataSource extends AbstractDataSource implements InfrastructureProxy {

	private static final Object NO_ACTOR = new Object();

	private final ActorDatabases databases;

	/**
	 * Create a data source.
	 * @param databases the actors' databases
	 */
	public ActorRoutingDataSource(ActorDatabases databases) {
		Assert.notNull(databases, "'databases' must not be null");
		this.databases = databases;
	}

	@Override
	public Connection getConnection() throws SQLException {
		String actorId = ActorContext.current().orElse(null);
		return (actorId != null) ? this.databases.dataSource(actorId).getConnection() : NoActorConnection.open();
	}

	@Override
	public Connection getConnection(@Nullable String username, @Nullable String password) throws SQLException {
		throw new SQLFeatureNotSupportedException("Actors' databases have no users; call getConnection() without");
	}

	@Override
	public Object getWrappedObject() {
		return ActorContext.current().<Object>map(this.databases::dataSource).orElse(NO_ACTOR);
	}

	@Override
	public String toString() {
		return "DataSource of " + ActorContext.current().map("actor '%s'"::formatted).orElse("no actor");
	}

}
