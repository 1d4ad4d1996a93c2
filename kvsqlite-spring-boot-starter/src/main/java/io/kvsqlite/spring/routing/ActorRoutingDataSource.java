package io.kvsqlite.spring.routing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import javax.sql.DataSource;

import io.kvsqlite.spring.ActorDatabases;
import org.jspecify.annotations.Nullable;

import org.springframework.core.InfrastructureProxy;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.util.Assert;
import org.springframework.util.ConcurrentLruCache;

/**
 * A data source that is the one of the {@linkplain ActorContext current actor}, for what
 * takes a single data source: &#64;Transactional, repositories, JPA, jOOQ, MyBatis.
 *
 * <p>
 * An {@link InfrastructureProxy}, so that Spring binds a transaction's connection under
 * the actor's own data source: a transaction of one actor inside that of another gets a
 * connection of its own, and an explicit handle on the same actor takes part.
 *
 * <p>
 * A connection serves only while its actor is the current one, in whichever thread;
 * otherwise every operation fails, but for what gives the connection up: rollback, cancel
 * and close. It hands out nothing of sqlite-jdbc. Without a current actor a connection
 * only says what kind of database there is; SQL on it fails. Thread-safe.
 */
public final class ActorRoutingDataSource extends AbstractDataSource implements InfrastructureProxy {

	private static final Object NO_ACTOR = new Object();

	private final ActorDatabases databases;

	private final ConcurrentLruCache<String, DataSource> recent;

	/**
	 * Create a data source.
	 * @param databases the actors' databases
	 */
	public ActorRoutingDataSource(ActorDatabases databases) {
		Assert.notNull(databases, "'databases' must not be null");
		this.databases = databases;
		this.recent = new ConcurrentLruCache<>(databases.factory().maxOpenActors(),
				(actorId) -> databases.dataSource(actorId, new ActorScope(actorId)));
	}

	/**
	 * Return the data source of an actor whose connections, like those of this data
	 * source, serve only while the actor is the current one. For what is told the actor
	 * and keeps to it, such as a Hibernate session with a tenant.
	 * @param actorId the actor: a non-empty string of at most 256 bytes in UTF-8
	 * @return the data source, customizers applied
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public DataSource dataSource(String actorId) {
		Assert.notNull(actorId, "'actorId' must not be null");
		return this.recent.get(actorId);
	}

	@Override
	public Connection getConnection() throws SQLException {
		String actorId = ActorContext.currentOrNull();
		return (actorId != null) ? dataSource(actorId).getConnection() : NoActorConnection.open();
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
