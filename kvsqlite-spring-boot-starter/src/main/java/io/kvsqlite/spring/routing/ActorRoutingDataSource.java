package io.kvsqlite.spring.routing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import javax.sql.DataSource;

import io.kvsqlite.kv.Printable;
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

	/**
	 * Also the key of what is bound to a thread without an actor.
	 */
	static final DataSource NO_ACTOR = new NoActorDataSource();

	private final ConcurrentLruCache<String, DataSource> recent;

	/**
	 * Create a data source.
	 * @param databases the actors' databases
	 */
	public ActorRoutingDataSource(ActorDatabases databases) {
		Assert.notNull(databases, "'databases' must not be null");
		this.recent = new ConcurrentLruCache<>(databases.factory().maxOpenActors(),
				(actorId) -> databases.dataSource(actorId, new ActorScope(actorId)));
	}

	/**
	 * Return the data source of an actor whose connections, like those of this data
	 * source, serve only while the actor is the current one. For what is told the actor
	 * and keeps to it, such as a Hibernate session with a tenant.
	 * @param actorId the actor: a non-empty string of at most 256 bytes in UTF-8;
	 * {@code null} for none, whose connections only say what kind of database there is
	 * @return the data source, customizers applied
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public DataSource dataSource(@Nullable String actorId) {
		return (actorId != null) ? this.recent.get(actorId) : NO_ACTOR;
	}

	@Override
	public Connection getConnection() throws SQLException {
		return dataSource(ActorContext.currentOrNull()).getConnection();
	}

	@Override
	public Connection getConnection(@Nullable String username, @Nullable String password) throws SQLException {
		throw new SQLFeatureNotSupportedException("Actors' databases have no users; call getConnection() without");
	}

	@Override
	public Object getWrappedObject() {
		return dataSource(ActorContext.currentOrNull());
	}

	@Override
	public String toString() {
		return "DataSource of "
				+ ActorContext.current().map((id) -> "actor '%s'".formatted(Printable.id(id))).orElse("no actor");
	}

}
