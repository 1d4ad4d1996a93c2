package io.kvsqlite.spring;

import javax.sql.DataSource;

import io.kvsqlite.kv.Printable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What an application uses to work with one actor's database. Holds no connection, so it
 * can be kept; SQL run by the {@link #jdbcClient()} or the {@link #jdbcTemplate()} inside
 * the {@link #transactionTemplate()} takes part in its transaction. SQLite's errors
 * become Spring's exceptions, see {@link SqliteExceptionTranslator}. Thread-safe.
 */
public final class ActorJdbc {

	private final String actorId;

	private final DataSource dataSource;

	private final JdbcTemplate jdbcTemplate;

	private final JdbcClient jdbcClient;

	private final JdbcTransactionManager transactionManager;

	private final TransactionTemplate transactionTemplate;

	ActorJdbc(String actorId, DataSource dataSource, SQLExceptionTranslator translator) {
		this.actorId = actorId;
		this.dataSource = dataSource;
		this.jdbcTemplate = new JdbcTemplate(new TranslatingDataSource(dataSource, translator));
		this.jdbcTemplate.setExceptionTranslator(translator);
		this.jdbcClient = JdbcClient.create(this.jdbcTemplate);
		this.transactionManager = new ActorTransactionManager(dataSource, translator);
		this.transactionTemplate = new TransactionTemplate(this.transactionManager);
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.actorId;
	}

	/**
	 * Return the actor's data source, customizers applied.
	 * @return the data source
	 */
	public DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * Return a client for SQL on this actor.
	 * @return the client
	 */
	public JdbcClient jdbcClient() {
		return this.jdbcClient;
	}

	/**
	 * Return a template for SQL on this actor.
	 * @return the template, not to be changed
	 */
	public JdbcTemplate jdbcTemplate() {
		return this.jdbcTemplate;
	}

	/**
	 * Return a template for transactions on this actor. For one with other settings, make
	 * a {@link TransactionTemplate} of your own with the {@link #transactionManager()}.
	 * @return the template, not to be changed
	 */
	public TransactionTemplate transactionTemplate() {
		return this.transactionTemplate;
	}

	/**
	 * Return the transaction manager of this actor.
	 * @return the transaction manager
	 */
	public PlatformTransactionManager transactionManager() {
		return this.transactionManager;
	}

	@Override
	public String toString() {
		return "ActorJdbc of actor '%s'".formatted(Printable.id(this.actorId));
	}

}
