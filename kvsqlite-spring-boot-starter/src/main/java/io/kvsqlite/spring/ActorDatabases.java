package io.kvsqlite.spring;

import java.util.List;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.jdbc.ConnectionScope;
import io.kvsqlite.kv.Printable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.Assert;
import org.springframework.util.ConcurrentLruCache;

/**
 * Each actor's database in the shape in which a Spring application uses one.
 *
 * <pre>
 * &#64;Service
 * class Notes {
 *
 *     private final ActorDatabases databases;
 *
 *     long count(String notebook) {
 *         return this.databases.jdbcClient(notebook).sql("SELECT count(*) FROM note").query(Long.class).single();
 *     }
 *
 * }
 * </pre>
 *
 * <p>
 * Nothing is opened before SQL runs, and nothing here needs to be closed. Thread-safe.
 */
public final class ActorDatabases {

	private final ActorDataSourceFactory factory;

	private final List<ActorDataSourceCustomizer> customizers;

	private final SQLExceptionTranslator translator;

	private final ConcurrentLruCache<String, ActorJdbc> recent;

	/**
	 * Create handles on a factory's actors.
	 * @param factory opens the actors
	 * @param customizers wrap each actor's data source, the first one innermost
	 * @param translator translates exceptions
	 */
	public ActorDatabases(ActorDataSourceFactory factory, List<ActorDataSourceCustomizer> customizers,
			SQLExceptionTranslator translator) {
		Assert.notNull(factory, "'factory' must not be null");
		Assert.notNull(customizers, "'customizers' must not be null");
		Assert.notNull(translator, "'translator' must not be null");
		this.factory = factory;
		this.customizers = List.copyOf(customizers);
		this.translator = translator;
		this.recent = new ConcurrentLruCache<>(factory.maxOpenActors(), this::create);
	}

	/**
	 * Return the factory behind these handles.
	 * @return the factory
	 */
	public ActorDataSourceFactory factory() {
		return this.factory;
	}

	/**
	 * Return the handle of an actor.
	 * @param actorId the actor: a non-empty string of at most 256 bytes in UTF-8
	 * @return the handle
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public ActorJdbc actor(String actorId) {
		Assert.notNull(actorId, "'actorId' must not be null");
		return this.recent.get(actorId);
	}

	/**
	 * Return an actor's data source.
	 * @param actorId the actor
	 * @return the data source, customizers applied
	 */
	public DataSource dataSource(String actorId) {
		return actor(actorId).dataSource();
	}

	/**
	 * Return a client for SQL on an actor.
	 * @param actorId the actor
	 * @return the client
	 */
	public JdbcClient jdbcClient(String actorId) {
		return actor(actorId).jdbcClient();
	}

	/**
	 * Return a template for SQL on an actor.
	 * @param actorId the actor
	 * @return the template, not to be changed
	 */
	public JdbcTemplate jdbcTemplate(String actorId) {
		return actor(actorId).jdbcTemplate();
	}

	/**
	 * Return a template for transactions on an actor.
	 * @param actorId the actor
	 * @return the template, not to be changed
	 */
	public TransactionTemplate transactionTemplate(String actorId) {
		return actor(actorId).transactionTemplate();
	}

	/**
	 * Return an actor's data source whose connections serve only within a scope. Two of
	 * the same actor are equal, whatever the scope.
	 * @param actorId the actor
	 * @param scope where its connections may be used
	 * @return the data source, customizers applied
	 */
	public DataSource dataSource(String actorId, ConnectionScope scope) {
		Assert.notNull(actorId, "'actorId' must not be null");
		Assert.notNull(scope, "'scope' must not be null");
		return customize(actorId, this.factory.dataSource(actorId, scope));
	}

	private ActorJdbc create(String actorId) {
		return new ActorJdbc(actorId, customize(actorId, this.factory.dataSource(actorId)), this.translator);
	}

	private DataSource customize(String actorId, DataSource original) {
		DataSource customized = original;
		for (ActorDataSourceCustomizer customizer : this.customizers) {
			customized = customizer.customize(actorId, customized);
			Assert.state(customized != null,
					() -> "%s made no data source for actor '%s'".formatted(customizer, Printable.id(actorId)));
		}
		return (customized != original) ? new CustomizedDataSource(original, customized) : original;
	}

}
