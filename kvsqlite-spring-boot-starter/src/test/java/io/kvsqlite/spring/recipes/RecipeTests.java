package io.kvsqlite.spring.recipes;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import io.kvsqlite.ActorInitializer;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.recipes.jdbc.Note;
import io.kvsqlite.spring.recipes.jdbc.NoteRepository;
import io.kvsqlite.spring.recipes.jpa.JpaNote;
import io.kvsqlite.spring.recipes.jpa.JpaNoteRepository;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import jakarta.persistence.EntityManager;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Select;
import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.hibernate.engine.jdbc.connections.spi.AbstractDataSourceBasedMultiTenantConnectionProviderImpl;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;
import org.mybatis.spring.SqlSessionFactoryBean;
import org.mybatis.spring.annotation.MapperScan;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The ways to work with the current actor, each in an application with all of Spring
 * Boot's auto-configuration that is on the class path: it starts with no actor bound.
 */
class RecipeTests {

	private static final String NO_JPA = "spring.autoconfigure.exclude="
			+ "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
			+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration";

	private static ConfigurableApplicationContext start(Class<?> configuration, String... properties) {
		return new SpringApplicationBuilder(configuration, Schema.class).web(WebApplicationType.NONE)
			.properties("kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true",
					"kvsqlite.actors.connection-timeout=300ms",
					"spring.jpa.database-platform=org.hibernate.community.dialect.SQLiteDialect",
					"spring.jpa.hibernate.ddl-auto=none")
			.properties(properties)
			.run();
	}

	private static List<String> texts(ConfigurableApplicationContext context, String actorId) {
		return context.getBean(ActorDatabases.class)
			.jdbcClient(actorId)
			.sql("SELECT text FROM note ORDER BY id")
			.query(String.class)
			.list();
	}

	@Test
	void jdbcClientShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			JdbcClient client = context.getBean(JdbcClient.class);
			ActorContext.run("a", () -> client.sql("INSERT INTO note (text) VALUES ('one')").update());
			String found = ActorContext.call("a",
					() -> client.sql("SELECT text FROM note").query(String.class).single());
			assertThat(found).isEqualTo("one");
			assertThat(texts(context, "b")).isEmpty();
			assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(
					() -> ActorContext.run("a", () -> client.sql("INSERT INTO note (text) VALUES (NULL)").update()));
		}
	}

	@Test
	void sqlWithoutActorShouldFailAndSayWhatToDo() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			assertThatThrownBy(() -> context.getBean(JdbcClient.class).sql("SELECT 1").query().singleRow())
				.hasStackTraceContaining("No actor is bound to this thread");
			assertThatThrownBy(() -> context.getBean(Notes.class).add("one"))
				.hasStackTraceContaining("No actor is bound to this thread");
		}
	}

	@Test
	void transactionalMethodShouldCommitOrRollBackOnTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			Notes notes = context.getBean(Notes.class);
			ActorContext.run("a", () -> notes.add("one", "two"));
			assertThat(texts(context, "a")).containsExactly("one", "two");
			assertThatIllegalStateException().isThrownBy(() -> ActorContext.run("a", () -> notes.addAndFail("three")));
			assertThat(texts(context, "a")).containsExactly("one", "two");
			assertThat(context.getBean(ActorDatabases.class).factory().activeConnections()).isZero();
		}
	}

	@Test
	void transactionsOfTwoActorsWhenNestedShouldNotMix() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			Notes notes = context.getBean(Notes.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			JdbcClient client = context.getBean(JdbcClient.class);
			ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
				notes.add("a1");
				ActorContext.run("b", () -> {
					notes.add("b1");
					client.sql("INSERT INTO note (text) VALUES ('b2')").update();
				});
				context.getBean(ActorDatabases.class)
					.jdbcClient("a")
					.sql("INSERT INTO note (text) VALUES ('a2')")
					.update();
				notes.add("a3");
				assertThat(client.sql("SELECT count(*) FROM note").query(Integer.class).single()).isEqualTo(3);
				status.setRollbackOnly();
			}));
			assertThat(texts(context, "a")).isEmpty();
			assertThat(texts(context, "b")).containsExactly("b1", "b2");
		}
	}

	/**
	 * A transaction that must be a new one, begun for another actor in the middle of one
	 * that is then rolled back.
	 */
	@Test
	void newTransactionOfAnotherActorShouldBeIndependent() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			Notes notes = context.getBean(Notes.class);
			PlatformTransactionManager manager = context.getBean(PlatformTransactionManager.class);
			TransactionTemplate outer = new TransactionTemplate(manager);
			TransactionTemplate requiresNew = new TransactionTemplate(manager);
			requiresNew.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			ActorContext.run("a", () -> outer.executeWithoutResult((status) -> {
				notes.add("a1");
				ActorContext.run("b", () -> {
					requiresNew.executeWithoutResult((inner) -> notes.add("b1"));
					assertThatIllegalStateException()
						.isThrownBy(() -> requiresNew.executeWithoutResult((inner) -> notes.addAndFail("b2")));
				});
				notes.add("a2");
				status.setRollbackOnly();
			}));
			assertThat(texts(context, "a")).isEmpty();
			assertThat(texts(context, "b")).containsExactly("b1");
			assertThat(context.getBean(ActorDatabases.class).factory().activeConnections()).isZero();
		}
	}

	/**
	 * An actor has one connection, so a new transaction on the same one cannot begin;
	 * that must be an error and not a mix-up.
	 */
	@Test
	void newTransactionOfTheSameActorShouldFailAndLeaveTheOuterOneIntact() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			Notes notes = context.getBean(Notes.class);
			PlatformTransactionManager manager = context.getBean(PlatformTransactionManager.class);
			TransactionTemplate requiresNew = new TransactionTemplate(manager);
			requiresNew.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			ActorContext.run("a", () -> new TransactionTemplate(manager).executeWithoutResult((status) -> {
				notes.add("a1");
				assertThatThrownBy(() -> requiresNew.executeWithoutResult((inner) -> notes.add("a2")))
					.hasStackTraceContaining("No connection of actor 'a'")
					.hasStackTraceContaining("this very thread");
				notes.add("a3");
			}));
			assertThat(texts(context, "a")).containsExactly("a1", "a3");
		}
	}

	@Test
	void workOnAnotherThreadShouldHaveNoActorAndNoTransactionUnlessItIsGivenOne() throws Exception {
		try (ConfigurableApplicationContext context = start(OtherThreads.class, NO_JPA)) {
			AsyncNotes notes = context.getBean(AsyncNotes.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
				assertThat(notes.currentActor().join()).isEqualTo("nobody");
				assertThatThrownBy(() -> notes.add("lost").join())
					.hasStackTraceContaining("No actor is bound to this thread");
				notes.addFor("b", "b1").join();
				status.setRollbackOnly();
			}));
			// the one thread of the pool served actor b before
			assertThat(notes.currentActor().join()).isEqualTo("nobody");
			assertThat(texts(context, "a")).isEmpty();
			assertThat(texts(context, "b")).containsExactly("b1");
		}
	}

	@Test
	void springDataJdbcRepositoryShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(DataJdbc.class, NO_JPA)) {
			NoteRepository notes = context.getBean(NoteRepository.class);
			ActorContext.run("a", () -> {
				for (int i = 1; i <= 5; i++) {
					assertThat(notes.save(new Note(null, "note " + i)).id()).isEqualTo(i);
				}
				assertThat(notes.findAll(PageRequest.of(1, 2, Sort.by("id"))).getContent()).extracting(Note::text)
					.containsExactly("note 3", "note 4");
				assertThat(notes.findByTextStartingWithOrderById("note", PageRequest.of(0, 1))).extracting(Note::id)
					.containsExactly(1L);
				notes.deleteById(1L);
				notes.save(new Note(2L, "changed"));
			});
			assertThat(texts(context, "a")).containsExactly("changed", "note 3", "note 4", "note 5");
			assertThat(texts(context, "b")).isEmpty();
		}
	}

	@Test
	void jpaRepositoryShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(Jpa.class)) {
			useJpa(context);
		}
	}

	@Test
	void hibernateWithTenantsShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(HibernateTenants.class)) {
			useJpa(context);
		}
	}

	/**
	 * In the middle of a transaction of one actor, with its row in the session and
	 * another not flushed yet, work of a second actor, with and without a transaction.
	 */
	private static void useJpa(ConfigurableApplicationContext context) {
		JpaNoteRepository notes = context.getBean(JpaNoteRepository.class);
		EntityManager entities = context.getBean(EntityManager.class);
		TransactionTemplate transaction = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
		ActorContext.run("a", () -> notes.save(new JpaNote("a1")));
		ActorContext.run("b", () -> notes.save(new JpaNote("b1")));
		ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
			JpaNote mine = entities.find(JpaNote.class, 1L);
			assertThat(mine.getText()).isEqualTo("a1");
			ActorContext.run("b", () -> {
				assertThat(entities.find(JpaNote.class, 1L).getText()).isEqualTo("b1");
				notes.save(new JpaNote("b2"));
			});
			assertThat(entities.contains(mine)).isTrue();
			notes.save(new JpaNote("a2"));
		}));
		assertThat(texts(context, "a")).containsExactly("a1", "a2");
		assertThat(texts(context, "b")).containsExactly("b1", "b2");
		assertThatIllegalStateException()
			.isThrownBy(() -> ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
				notes.save(new JpaNote("a3"));
				throw new IllegalStateException("no");
			})));
		assertThat(texts(context, "a")).containsExactly("a1", "a2");
		assertThat(context.getBean(ActorDatabases.class).factory().activeConnections()).isZero();
	}

	@Test
	void jooqShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(Jooq.class, NO_JPA)) {
			DSLContext dsl = context.getBean(DSLContext.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
				insert(dsl, "a1");
				ActorContext.run("b", () -> insert(dsl, "b1"));
				status.setRollbackOnly();
			}));
			ActorContext.run("a", () -> insert(dsl, "a2"));
			assertThat(texts(context, "a")).containsExactly("a2");
			assertThat(texts(context, "b")).containsExactly("b1");
		}
	}

	private static void insert(DSLContext dsl, String text) {
		dsl.insertInto(DSL.table("note"), DSL.field("text", String.class)).values(text).execute();
	}

	@Test
	void myBatisShouldFollowTheCurrentActor() {
		try (ConfigurableApplicationContext context = start(MyBatis.class, NO_JPA)) {
			NoteMapper mapper = context.getBean(NoteMapper.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			ActorContext.run("a", () -> transaction.executeWithoutResult((status) -> {
				mapper.add("a1");
				ActorContext.run("b", () -> {
					mapper.add("b1");
					assertThat(mapper.texts()).containsExactly("b1");
				});
				assertThat(mapper.texts()).containsExactly("a1");
				status.setRollbackOnly();
			}));
			ActorContext.run("a", () -> mapper.add("a2"));
			assertThat(texts(context, "a")).containsExactly("a2");
			assertThat(texts(context, "b")).containsExactly("b1");
		}
	}

	@Test
	void routingBesideAnApplicationsOwnDataSourceShouldLeaveThatInPlace() {
		try (ConfigurableApplicationContext context = start(Further.class, NO_JPA,
				"spring.datasource.url=jdbc:sqlite::memory:", "spring.datasource.hikari.maximum-pool-size=1")) {
			assertThat(context.getBean(DataSource.class)).isNotInstanceOf(ActorRoutingDataSource.class);
			assertThat(context.getBean(JdbcClient.class)
				.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'note'")
				.query(Integer.class)
				.single()).isZero();
			FurtherNotes notes = context.getBean(FurtherNotes.class);
			ActorContext.run("a", () -> notes.add("one"));
			assertThatIllegalStateException().isThrownBy(() -> ActorContext.run("a", () -> notes.addAndFail("two")));
			assertThat(texts(context, "a")).containsExactly("one");
			// the actor's work inside a transaction of the application's own database
			TransactionTemplate own = new TransactionTemplate(
					context.getBean("transactionManager", PlatformTransactionManager.class));
			own.executeWithoutResult((status) -> {
				ActorContext.run("a", () -> notes.add("three"));
				ActorContext.run("b", () -> notes.add("four"));
				status.setRollbackOnly();
			});
			assertThat(texts(context, "a")).containsExactly("one", "three");
			assertThat(texts(context, "b")).containsExactly("four");
		}
	}

	@Test
	void routingUnlessAskedForShouldBeAbsent() {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Further.class, Schema.class)
			.web(WebApplicationType.NONE)
			.properties("kvsqlite.store.type=memory", NO_JPA, "spring.datasource.url=jdbc:sqlite::memory:",
					"spring.main.lazy-initialization=true")
			.run()) {
			assertThat(context.getBeanNamesForType(ActorRoutingDataSource.class)).isEmpty();
		}
	}

	/**
	 * Each actor has a table of notes.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Schema {

		@Bean
		ActorInitializer schema() {
			return (actorId, connection) -> connection.createStatement()
				.executeUpdate("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Notes.class)
	static class Declarative {

	}

	/**
	 * Notes of the current actor.
	 */
	static class Notes {

		private final JdbcClient client;

		Notes(JdbcClient client) {
			this.client = client;
		}

		@Transactional
		public void add(String... texts) {
			for (String text : texts) {
				this.client.sql("INSERT INTO note (text) VALUES (?)").param(text).update();
			}
		}

		@Transactional
		public void addAndFail(String text) {
			add(text);
			throw new IllegalStateException("no");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	@Import({ Declarative.class, AsyncNotes.class })
	static class OtherThreads {

		@Bean
		ThreadPoolTaskExecutor taskExecutor() {
			ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
			executor.setCorePoolSize(1);
			executor.setMaxPoolSize(1);
			return executor;
		}

	}

	/**
	 * Notes that are taken on another thread.
	 */
	static class AsyncNotes {

		private final Notes notes;

		AsyncNotes(Notes notes) {
			this.notes = notes;
		}

		@Async
		public CompletableFuture<String> currentActor() {
			return CompletableFuture.completedFuture(ActorContext.current().orElse("nobody"));
		}

		@Async
		public CompletableFuture<Void> add(String text) {
			this.notes.add(text);
			return CompletableFuture.completedFuture(null);
		}

		@Async
		public CompletableFuture<Void> addFor(String actorId, String text) {
			ActorContext.run(actorId, () -> this.notes.add(text));
			return CompletableFuture.completedFuture(null);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableJdbcRepositories(basePackageClasses = NoteRepository.class)
	static class DataJdbc {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EntityScan(basePackageClasses = JpaNote.class)
	@EnableJpaRepositories(basePackageClasses = JpaNoteRepository.class)
	static class Jpa {

	}

	/**
	 * Hibernate with a tenant for each actor: what it caches, it caches by actor.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(Jpa.class)
	static class HibernateTenants {

		@Bean
		HibernatePropertiesCustomizer tenants(ActorDatabases databases) {
			Tenants tenants = new Tenants(new ActorRoutingDataSource(databases));
			return (properties) -> properties.putAll(Map.of(MultiTenancySettings.MULTI_TENANT_CONNECTION_PROVIDER,
					tenants, MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, new CurrentActor()));
		}

	}

	static class Tenants extends AbstractDataSourceBasedMultiTenantConnectionProviderImpl<String> {

		private static final long serialVersionUID = 1L;

		private final transient ActorRoutingDataSource dataSource;

		Tenants(ActorRoutingDataSource dataSource) {
			this.dataSource = dataSource;
		}

		@Override
		protected DataSource selectAnyDataSource() {
			return this.dataSource.dataSource(null);
		}

		@Override
		protected DataSource selectDataSource(String tenant) {
			return this.dataSource.dataSource(tenant.isEmpty() ? null : tenant);
		}

	}

	static class CurrentActor implements CurrentTenantIdentifierResolver<String> {

		@Override
		public String resolveCurrentTenantIdentifier() {
			return ActorContext.current().orElse("");
		}

		@Override
		public boolean validateExistingCurrentSessions() {
			return true;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Jooq {

		@Bean
		DSLContext dsl(DataSource dataSource) {
			return DSL.using(new TransactionAwareDataSourceProxy(dataSource), SQLDialect.SQLITE);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@MapperScan(basePackageClasses = RecipeTests.class, annotationClass = Mapper.class)
	static class MyBatis {

		@Bean
		SqlSessionFactoryBean sqlSessionFactory(DataSource dataSource) {
			SqlSessionFactoryBean factory = new SqlSessionFactoryBean();
			factory.setDataSource(dataSource);
			return factory;
		}

	}

	@Mapper
	interface NoteMapper {

		@Insert("INSERT INTO note (text) VALUES (#{text})")
		void add(String text);

		@Select("SELECT text FROM note ORDER BY id")
		List<String> texts();

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Further {

		@Bean
		@Lazy
		FurtherNotes furtherNotes(@Qualifier("actorRoutingDataSource") DataSource dataSource) {
			return new FurtherNotes(JdbcClient.create(dataSource));
		}

	}

	static class FurtherNotes {

		private final JdbcClient client;

		FurtherNotes(JdbcClient client) {
			this.client = client;
		}

		@Transactional("actorTransactionManager")
		public void add(String text) {
			this.client.sql("INSERT INTO note (text) VALUES (?)").param(text).update();
		}

		@Transactional("actorTransactionManager")
		public void addAndFail(String text) {
			add(text);
			throw new IllegalStateException("no");
		}

	}

	@Test
	void metadataWithoutActorShouldBeThatOfSqlite() throws SQLException {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA);
				Connection connection = context.getBean(DataSource.class).getConnection()) {
			assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("SQLite");
			assertThat(connection.isValid(1)).isTrue();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setAutoCommit(false))
				.withMessageContaining("No actor is bound");
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::createStatement)
				.withMessageContaining("No actor is bound");
		}
	}

	@Test
	void readOnlyTransactionShouldRefuseToWrite() {
		try (ConfigurableApplicationContext context = start(Declarative.class, NO_JPA)) {
			TransactionTemplate reading = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
			reading.setReadOnly(true);
			assertThatExceptionOfType(InvalidDataAccessResourceUsageException.class).isThrownBy(() -> ActorContext
				.run("a", () -> reading.executeWithoutResult((status) -> context.getBean(Notes.class).add("one"))));
			assertThat(texts(context, "a")).isEmpty();
		}
	}

}
