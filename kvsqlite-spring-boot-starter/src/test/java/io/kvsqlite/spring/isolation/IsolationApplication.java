package io.kvsqlite.spring.isolation;

import java.nio.charset.StandardCharsets;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.kvsqlite.ActorInitializer;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.recipes.jdbc.Note;
import io.kvsqlite.spring.recipes.jdbc.NoteRepository;
import io.kvsqlite.spring.recipes.jpa.JpaNote;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import io.kvsqlite.spring.web.ActorResolver;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.session.SqlSessionFactory;
import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.hibernate.engine.jdbc.connections.spi.AbstractDataSourceBasedMultiTenantConnectionProviderImpl;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.mybatis.spring.SqlSessionFactoryBean;
import org.mybatis.spring.SqlSessionTemplate;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.Environment;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.support.OpenEntityManagerInViewInterceptor;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.servlet.config.annotation.AsyncSupportConfigurer;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/**
 * An application with every way to reach an actor's data, and every way to handle a
 * request.
 */
final class IsolationApplication {

	private static final String ROUTING = "actorRoutingDataSource";

	private static final String EXCLUDED = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
			+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration,"
			+ "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration";

	private IsolationApplication() {
	}

	static ConfigurableApplicationContext start(Decoration decoration, boolean own) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--kvsqlite.store.type=memory",
				"--kvsqlite.routing.enabled=true", "--kvsqlite.actors.connection-timeout=" + (own ? "30ms" : "300ms"),
				"--spring.autoconfigure.exclude=" + EXCLUDED, "--decoration=" + decoration,
				"--jdbc.datasource-proxy.enabled=" + (decoration == Decoration.MICROMETER)));
		if (own) {
			arguments.addAll(List.of("--own=true", "--spring.datasource.url=jdbc:sqlite::memory:",
					"--spring.datasource.hikari.maximum-pool-size=1",
					"--spring.datasource.hikari.connection-timeout=300"));
		}
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET)
			.run(arguments.toArray(String[]::new));
	}

	/**
	 * What stands before the routing data source.
	 */
	enum Decoration {

		NONE {
			@Override
			DataSource decorate(DataSource dataSource) {
				return dataSource;
			}
		},

		/**
		 * By a bean post processor, and saying nothing of what is behind.
		 */
		WRAPPED {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new DelegatingDataSource(dataSource) {

					@Override
					public boolean isWrapperFor(Class<?> type) {
						return false;
					}

				};
			}
		},

		LAZY {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new LazyConnectionDataSourceProxy(dataSource);
			}
		},

		/**
		 * By datasource-micrometer, which is on the class path.
		 */
		MICROMETER {
			@Override
			DataSource decorate(DataSource dataSource) {
				return dataSource;
			}
		};

		abstract DataSource decorate(DataSource dataSource);

	}

	/**
	 * How a request is handled.
	 */
	enum Style {

		SYNCHRONOUS, CALLABLE, DEFERRED, STREAMING, ASYNC, VIRTUAL, SCHEDULED

	}

	/**
	 * What the data are reached by.
	 */
	enum Technology {

		JDBC_CLIENT, DATA_JDBC, JPA, TENANTS, JOOQ, MYBATIS

	}

	/**
	 * A cell of the matrix, for all technologies.
	 *
	 * @param openInView whether sessions are bound to the request
	 * @param outer the actor of the request, empty for none
	 * @param style how it is handled
	 */
	record Cell(boolean openInView, String outer, Style style) {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableAsync
	@EnableScheduling
	@Import({ Only.class, Beside.class, Sessions.class, Work.class, Threads.class, Handlers.class, Outcomes.class })
	static class Application {

		@Bean
		static Decorator decorator(Environment environment) {
			return new Decorator(environment.getRequiredProperty("decoration", Decoration.class));
		}

		@Bean
		ActorInitializer schema() {
			return (actorId, connection) -> {
				try (Statement statement = connection.createStatement()) {
					statement
						.executeUpdate("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
					statement.executeUpdate("INSERT OR IGNORE INTO note VALUES (1, '%s1')".formatted(actorId));
				}
			};
		}

		@Bean
		ActorResolver actorOfRequest() {
			return (request) -> request.getHeader("X-Actor");
		}

		@Bean
		NamedParameterJdbcTemplate operations(@Qualifier(ROUTING) DataSource dataSource) {
			return new NamedParameterJdbcTemplate(dataSource);
		}

	}

	/**
	 * Decorates the routing data source.
	 *
	 * @param decoration how
	 */
	record Decorator(Decoration decoration) implements BeanPostProcessor, PriorityOrdered {

		@Override
		public Object postProcessAfterInitialization(Object bean, String name) {
			return name.equals(ROUTING) ? this.decoration.decorate((DataSource) bean) : bean;
		}

		@Override
		public int getOrder() {
			return 0;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = "own", matchIfMissing = true, havingValue = "false")
	@EnableJdbcRepositories(basePackageClasses = NoteRepository.class)
	static class Only {

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty("own")
	@EnableJdbcRepositories(basePackageClasses = NoteRepository.class,
			transactionManagerRef = "actorTransactionManager")
	static class Beside {

	}

	/**
	 * Sessions of JPA, of Hibernate with tenants, and of MyBatis.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Sessions implements WebMvcConfigurer {

		private final ObjectProvider<EntityManagerFactory> factories;

		Sessions(ObjectProvider<EntityManagerFactory> factories) {
			this.factories = factories;
		}

		@Bean
		static EntityManagerFactory jpa(@Qualifier(ROUTING) DataSource dataSource) {
			return factory("jpa", dataSource, Map.of());
		}

		@Bean
		static EntityManagerFactory tenants(@Qualifier(ROUTING) DataSource dataSource, ActorDatabases databases) {
			Tenants tenants = new Tenants(new ActorRoutingDataSource(databases));
			return factory("tenants", dataSource, Map.of(MultiTenancySettings.MULTI_TENANT_CONNECTION_PROVIDER, tenants,
					MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, new CurrentActor()));
		}

		private static EntityManagerFactory factory(String name, DataSource dataSource, Map<String, ?> properties) {
			LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
			factory.setPersistenceUnitName(name);
			factory.setDataSource(dataSource);
			factory.setPackagesToScan(JpaNote.class.getPackageName());
			factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
			factory.setJpaPropertyMap(Map.of("hibernate.dialect", "org.hibernate.community.dialect.SQLiteDialect",
					"hibernate.connection.handling_mode", "DELAYED_ACQUISITION_AND_RELEASE_AFTER_TRANSACTION"));
			factory.getJpaPropertyMap().putAll(properties);
			factory.afterPropertiesSet();
			return factory.getObject();
		}

		@Bean
		static SqlSessionFactory sqlSessionFactory(@Qualifier(ROUTING) DataSource dataSource) throws Exception {
			SqlSessionFactoryBean factory = new SqlSessionFactoryBean();
			factory.setDataSource(dataSource);
			return factory.getObject();
		}

		@Override
		public void addInterceptors(InterceptorRegistry registry) {
			this.factories.forEach((factory) -> {
				OpenEntityManagerInViewInterceptor interceptor = new OpenEntityManagerInViewInterceptor();
				interceptor.setEntityManagerFactory(factory);
				registry.addWebRequestInterceptor(interceptor).addPathPatterns("/open/**");
			});
		}

		@Override
		public void configureAsyncSupport(AsyncSupportConfigurer configurer) {
			configurer.setTaskExecutor(new SimpleAsyncTaskExecutor("mvc-"));
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

	@Mapper
	interface NoteMapper {

		@Insert("INSERT INTO note (text) VALUES (#{text})")
		void add(String text);

		@Select("SELECT text FROM note WHERE id = #{id}")
		String text(long id);

		@Select("SELECT text FROM note ORDER BY id")
		List<String> texts();

	}

	/**
	 * Works on notes, for one actor after the other.
	 */
	static class Work {

		private final JdbcClient client;

		private final NoteRepository repository;

		private final EntityManager jpa;

		private final EntityManager tenants;

		private final DSLContext dsl;

		private final NoteMapper mapper;

		private final TransactionTemplate transaction;

		private final TransactionTemplate jpaTransaction;

		private final TransactionTemplate tenantsTransaction;

		private final TransactionTemplate own;

		private final ApplicationEventPublisher publisher;

		Work(@Qualifier(ROUTING) DataSource dataSource, NoteRepository repository,
				@Qualifier("jpa") EntityManagerFactory jpa, @Qualifier("tenants") EntityManagerFactory tenants,
				SqlSessionFactory sessions, ConfigurableApplicationContext context) {
			this.client = JdbcClient.create(dataSource);
			this.repository = repository;
			this.jpa = SharedEntityManagerCreator.createSharedEntityManager(jpa);
			this.tenants = SharedEntityManagerCreator.createSharedEntityManager(tenants);
			this.dsl = DSL.using(new TransactionAwareDataSourceProxy(dataSource), SQLDialect.SQLITE);
			sessions.getConfiguration().addMapper(NoteMapper.class);
			this.mapper = new SqlSessionTemplate(sessions).getMapper(NoteMapper.class);
			boolean beside = context.getEnvironment().containsProperty("own");
			PlatformTransactionManager manager = context.getBean("transactionManager",
					PlatformTransactionManager.class);
			this.own = beside ? new TransactionTemplate(manager) : null;
			this.transaction = new TransactionTemplate(
					beside ? context.getBean("actorTransactionManager", PlatformTransactionManager.class) : manager);
			this.jpaTransaction = new TransactionTemplate(new JpaTransactionManager(jpa));
			this.tenantsTransaction = new TransactionTemplate(new JpaTransactionManager(tenants));
			this.publisher = context;
		}

		/**
		 * Work by each technology.
		 */
		String run() {
			return Stream.of(Technology.values()).map(this::runAll).collect(Collectors.joining());
		}

		/**
		 * Work for two actors in turn, and then without naming one; with a database of
		 * the application's own in a transaction of that, which rolls back.
		 */
		private String runAll(Technology technology) {
			if (this.own == null) {
				return runInTurn(technology);
			}
			return this.own.execute((status) -> {
				ActorContext.run("b", () -> this.publisher.publishEvent(new Noted("b")));
				String result = runInTurn(technology);
				status.setRollbackOnly();
				return result;
			});
		}

		private String runInTurn(Technology technology) {
			StringBuilder lines = new StringBuilder();
			for (String actorId : List.of("a", "b", "a")) {
				lines.append(line(technology, actorId, () -> ActorContext.call(actorId, () -> use(technology))));
			}
			return lines.append(line(technology, "", () -> use(technology))).toString();
		}

		private static String line(Technology technology, String actorId, Callable<List<String>> work) {
			String found;
			try {
				found = String.join(",", work.call());
			}
			catch (Exception ex) {
				StringBuilder all = new StringBuilder("!");
				for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
					all.append(String.valueOf(cause).replaceAll("\\R", " ")).append("; ");
				}
				found = all.toString();
			}
			return technology + "|" + actorId + "|" + found + "\n";
		}

		private List<String> use(Technology technology) {
			List<String> found = new ArrayList<>();
			found.add(first(technology));
			TransactionTemplate template = switch (technology) {
				case JPA -> this.jpaTransaction;
				case TENANTS -> this.tenantsTransaction;
				default -> this.transaction;
			};
			template.executeWithoutResult((status) -> {
				add(technology, ActorContext.current().orElse("nobody"));
				found.addAll(all(technology));
			});
			found.addAll(all(technology));
			found.add(first(technology));
			return found;
		}

		private String first(Technology technology) {
			return switch (technology) {
				case JDBC_CLIENT -> this.client.sql("SELECT text FROM note WHERE id = 1").query(String.class).single();
				case DATA_JDBC -> this.repository.findById(1L).orElseThrow().text();
				case JPA -> this.jpa.find(JpaNote.class, 1L).getText();
				case TENANTS -> this.tenants.find(JpaNote.class, 1L).getText();
				case JOOQ -> this.dsl.fetchValue("SELECT text FROM note WHERE id = 1").toString();
				case MYBATIS -> this.mapper.text(1);
			};
		}

		private void add(Technology technology, String text) {
			switch (technology) {
				case JDBC_CLIENT -> this.client.sql("INSERT INTO note (text) VALUES (?)").param(text).update();
				case DATA_JDBC -> this.repository.save(new Note(null, text));
				case JPA -> this.jpa.persist(new JpaNote(text));
				case TENANTS -> this.tenants.persist(new JpaNote(text));
				case JOOQ -> this.dsl.execute("INSERT INTO note (text) VALUES (?)", text);
				case MYBATIS -> this.mapper.add(text);
			}
		}

		private List<String> all(Technology technology) {
			return switch (technology) {
				case JDBC_CLIENT -> this.client.sql("SELECT text FROM note").query(String.class).list();
				case DATA_JDBC -> this.repository.findAll().stream().map(Note::text).toList();
				case JPA -> texts(this.jpa);
				case TENANTS -> texts(this.tenants);
				case JOOQ -> this.dsl.fetch("SELECT text FROM note").getValues(0, String.class);
				case MYBATIS -> this.mapper.texts();
			};
		}

		private static List<String> texts(EntityManager entities) {
			return entities.createQuery("SELECT note FROM JpaNote note", JpaNote.class)
				.getResultList()
				.stream()
				.map(JpaNote::getText)
				.toList();
		}

	}

	record Noted(String actorId) {

	}

	/**
	 * What became of the transactions in which something was noted.
	 */
	static class Outcomes {

		private final List<String> committed = new CopyOnWriteArrayList<>();

		private final List<String> rolledBack = new CopyOnWriteArrayList<>();

		@TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
		void committed(Noted event) {
			this.committed.add(event.actorId());
		}

		@TransactionalEventListener(phase = TransactionPhase.AFTER_ROLLBACK)
		void rolledBack(Noted event) {
			this.rolledBack.add(event.actorId());
		}

		List<String> committed() {
			return this.committed;
		}

		List<String> rolledBack() {
			return this.rolledBack;
		}

	}

	/**
	 * Other threads to work on.
	 */
	static class Threads {

		private final Work work;

		private final BlockingQueue<CompletableFuture<String>> scheduled = new LinkedBlockingQueue<>();

		Threads(Work work) {
			this.work = work;
		}

		@Async
		public CompletableFuture<String> later() {
			return CompletableFuture.completedFuture(this.work.run());
		}

		public CompletableFuture<String> onSchedule() {
			CompletableFuture<String> result = new CompletableFuture<>();
			this.scheduled.add(result);
			return result;
		}

		@Scheduled(fixedDelay = 5, timeUnit = TimeUnit.MILLISECONDS)
		public void workOff() {
			CompletableFuture<String> next = this.scheduled.poll();
			if (next != null) {
				next.complete(this.work.run());
			}
		}

	}

	@RestController
	static class Handlers {

		private final Work work;

		private final Threads threads;

		Handlers(Work work, Threads threads) {
			this.work = work;
			this.threads = threads;
		}

		@GetMapping({ "/open/synchronous", "/plain/synchronous" })
		String synchronous() {
			return this.work.run();
		}

		@GetMapping({ "/open/callable", "/plain/callable" })
		Callable<String> callable() {
			return this.work::run;
		}

		@GetMapping({ "/open/deferred", "/plain/deferred" })
		DeferredResult<String> deferred() {
			DeferredResult<String> result = new DeferredResult<>();
			new Thread(() -> result.setResult(this.work.run())).start();
			return result;
		}

		@GetMapping({ "/open/streaming", "/plain/streaming" })
		StreamingResponseBody streaming() {
			return (output) -> output.write(this.work.run().getBytes(StandardCharsets.UTF_8));
		}

		@GetMapping({ "/open/async", "/plain/async" })
		CompletableFuture<String> async() {
			return this.threads.later();
		}

		/**
		 * On a virtual thread where there are any.
		 */
		@GetMapping({ "/open/virtual", "/plain/virtual" })
		CompletableFuture<String> virtual() {
			SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor();
			executor.setVirtualThreads(Runtime.version().feature() >= 21);
			return executor.submitCompletable(this.work::run);
		}

		@GetMapping({ "/open/scheduled", "/plain/scheduled" })
		CompletableFuture<String> scheduled() {
			return this.threads.onSchedule();
		}

	}

}
