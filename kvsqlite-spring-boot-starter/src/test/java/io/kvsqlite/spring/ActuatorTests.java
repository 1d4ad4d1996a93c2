package io.kvsqlite.spring;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.actuate.endpoint.KvSqliteEndpoint;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.KvSqliteJdbcAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.actuate.KvSqliteEndpointAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.health.KvSqliteHealthContributorAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.metrics.KvSqliteMetricsAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.observation.KvSqliteObservationAutoConfiguration;
import io.kvsqlite.spring.health.KvStoreHealthIndicator;
import io.kvsqlite.spring.metrics.ActorMetrics;
import io.kvsqlite.spring.observation.ActorObservations;
import io.kvsqlite.testing.ForwardingKvStore;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for what operators see: health, meters, observations and the endpoint.
 */
class ActuatorTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteJdbcAutoConfiguration.class,
				KvSqliteHealthContributorAutoConfiguration.class, KvSqliteMetricsAutoConfiguration.class,
				KvSqliteObservationAutoConfiguration.class, KvSqliteEndpointAutoConfiguration.class))
		.withPropertyValues("kvsqlite.store.type=memory", "management.endpoints.web.exposure.include=*");

	@Test
	void healthWhenTheStoreAnswersShouldBeUpWithDetails() {
		this.runner.run((context) -> {
			context.getBean(ActorDatabases.class).jdbcClient("a").sql("SELECT 1").query(Long.class).single();
			Health health = context.getBean(KvStoreHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).containsEntry("store", "memory")
				.containsEntry("openActors", 1)
				.containsEntry("maxOpenActors", 1000)
				.containsKey("latencyMs")
				.doesNotContainKey("warnings");
			assertThat(context.getBeanNamesForType(KvStoreHealthIndicator.class))
				.containsExactly("kvsqliteHealthIndicator");
		});
	}

	/**
	 * The connection was handed out by then, and nobody would give it back.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void observationThatFailsAtItsEndShouldLoseNoConnection(boolean error) {
		AtomicBoolean failing = new AtomicBoolean();
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStop(Observation.Context context) {
				if (failing.get() && error) {
					throw new OutOfMemoryError("of the handler");
				}
				if (failing.get()) {
					throw new IllegalStateException("of the handler");
				}
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		this.runner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			failing.set(true);
			assertThatThrownBy(() -> databases.dataSource("a").getConnection())
				.hasStackTraceContaining("of the handler");
			failing.set(false);
			assertThat(databases.factory().activeConnections()).isZero();
			assertThat(databases.jdbcClient("a").sql("SELECT 1").query(Long.class).single()).isEqualTo(1);
		});
	}

	@Test
	void healthWhenTheStoreMayLoseDataShouldSayWhy() {
		List<String> warnings = List.of("its eviction policy is allkeys-lru");
		KvStore careless = new ForwardingKvStore(new MemoryKvStore()) {

			@Override
			public List<String> warnings() {
				return warnings;
			}

		};
		this.runner.withBean(KvStore.class, () -> careless).run((context) -> {
			Health health = context.getBean(KvStoreHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).containsEntry("warnings", warnings);
		});
	}

	@Test
	void healthWhenTheStoreFailsShouldBeDownWithTheReason() {
		KvStore failing = new ForwardingKvStore(new MemoryKvStore()) {

			@Override
			public void ping() {
				throw new KvUnavailableException("no route to the store");
			}

		};
		this.runner.withBean(KvStore.class, () -> failing).run((context) -> {
			Health health = context.getBean(KvStoreHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails().get("error")).asString().contains("no route to the store");
		});
	}

	@Test
	void healthWhenTheStoreHangsShouldBeDownAfterTheTimeoutWithoutPilingUpProbes() {
		CountDownLatch release = new CountDownLatch(1);
		List<String> probes = new CopyOnWriteArrayList<>();
		KvStore hanging = new ForwardingKvStore(new MemoryKvStore()) {

			@Override
			public void ping() {
				probes.add("probe");
				try {
					release.await();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}

		};
		this.runner.withBean(KvStore.class, () -> hanging)
			.withPropertyValues("kvsqlite.health.timeout=50ms")
			.run((context) -> {
				KvStoreHealthIndicator indicator = context.getBean(KvStoreHealthIndicator.class);
				assertThat(indicator.health().getDetails()).containsEntry("error", "No answer within 50 ms");
				// a busy machine may not have begun it by then
				Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> !probes.isEmpty());
				assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
				assertThat(probes).hasSize(1);
				release.countDown();
			});
	}

	@Test
	void healthWhenTheStoreGivesUpLaterThanTheTimeoutShouldSayTheCauseToo() {
		KvStore slow = new ForwardingKvStore(new MemoryKvStore()) {

			@Override
			public void ping() {
				LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
				throw new KvUnavailableException("no route to the store");
			}

		};
		this.runner.withBean(KvStore.class, () -> slow)
			.withPropertyValues("kvsqlite.health.timeout=20ms")
			.run((context) -> {
				KvStoreHealthIndicator indicator = context.getBean(KvStoreHealthIndicator.class);
				Awaitility.await().untilAsserted(() -> {
					Health health = indicator.health();
					assertThat(health.getStatus()).isEqualTo(Status.DOWN);
					assertThat(health.getDetails()).containsEntry("error", "No answer within 20 ms")
						.containsEntry("cause", KvUnavailableException.class.getName() + ": no route to the store");
				});
			});
	}

	@Test
	void healthWhenSwitchedOffShouldBeAbsent() {
		this.runner.withPropertyValues("management.health.kvsqlite.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(KvStoreHealthIndicator.class));
	}

	@Test
	void metersShouldCountWithoutNamingActors() {
		this.runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new).run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(registry));
			assertThat(registry.get("kvsqlite.store.writes").tag("outcome", "unknown").timer().count()).isZero();
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			databases.jdbcClient("secret-name").sql("CREATE TABLE t (x)").update();
			databases.jdbcClient("secret-name").sql("INSERT INTO t VALUES (1)").update();
			assertThat(registry.get("kvsqlite.actors.open").gauge().value()).isEqualTo(1);
			assertThat(registry.get("kvsqlite.actors.max").gauge().value()).isEqualTo(1000);
			assertThat(registry.get("kvsqlite.connections.active").gauge().value()).isZero();
			assertThat(registry.get("kvsqlite.connections.waiting").gauge().value()).isZero();
			databases.factory().close("secret-name");
			assertThat(registry.get("kvsqlite.actors.open.time").tag("outcome", "success").timer().count())
				.isEqualTo(1);
			assertThat(registry.get("kvsqlite.actors.closed").tag("reason", "requested").counter().count())
				.isEqualTo(1);
			assertThat(registry.get("kvsqlite.connections.acquire").tag("outcome", "success").timer().count())
				.isEqualTo(2);
			// the creation, the table, the row
			assertThat(registry.get("kvsqlite.store.writes").tag("outcome", "success").timer().count()).isEqualTo(3);
			assertThat(registry.get("kvsqlite.pages.written").counter().count()).isGreaterThanOrEqualTo(3);
			assertThat(registry.get("kvsqlite.store.written").counter().count()).isGreaterThan(4096);
			assertThat(registry.getMeters()
				.stream()
				.flatMap((meter) -> meter.getId().getTags().stream())
				.map((tag) -> tag.getValue())).doesNotContain("secret-name");
			assertThat(registry.getMeters()).extracting((meter) -> meter.getId().getDescription()).doesNotContainNull();
		});
	}

	@Test
	void metersWhenThereIsNoRegistryShouldBeAbsent() {
		this.runner.run((context) -> assertThat(context).hasNotFailed()
			.doesNotHaveBean(ActorMetrics.class)
			.doesNotHaveBean(ActorObservations.class));
	}

	@Test
	void observationShouldNameTheActorInHighCardinalityAlone() {
		ObservationRegistry registry = ObservationRegistry.create();
		List<Observation.Context> stopped = new ArrayList<>();
		List<String> events = new ArrayList<>();
		registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {

			@Override
			public void onStop(Observation.Context context) {
				stopped.add(context);
			}

			@Override
			public void onEvent(Observation.Event event, Observation.Context context) {
				events.add(context.getName() + ": " + event.getName());
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		this.runner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			Observation.createNotStarted("request", registry)
				.observe(() -> databases.jdbcClient("a").sql("CREATE TABLE t (x)").update());
			assertThat(stopped).extracting(Observation.Context::getName)
				.containsExactly(ActorObservations.NAME, "request");
			assertThat(stopped.get(0).getHighCardinalityKeyValue(ActorObservations.ACTOR_KEY).getValue())
				.isEqualTo("a");
			assertThat(stopped.get(0).getLowCardinalityKeyValues()).isEmpty();
			assertThat(events).contains(ActorObservations.NAME + ": kvsqlite.opened", "request: kvsqlite.store.write");
		});
	}

	@Test
	void endpointShouldBeReadOnlyByDefault() {
		assertThat(KvSqliteEndpoint.class.getAnnotation(Endpoint.class).defaultAccess()).isEqualTo(Access.READ_ONLY);
		this.runner.run((context) -> assertThat(context).hasSingleBean(KvSqliteEndpoint.class));
		this.runner.withPropertyValues("management.endpoints.web.exposure.include=health")
			.run((context) -> assertThat(context).doesNotHaveBean(KvSqliteEndpoint.class));
		this.runner.withPropertyValues("management.endpoint.kvsqlite.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(KvSqliteEndpoint.class));
	}

	@Test
	void endpointShouldListActorsPageByPage() {
		this.runner.run((context) -> {
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			for (String actorId : List.of("a/1", "a/2", "a/3", "b/1")) {
				databases.jdbcClient(actorId).sql("CREATE TABLE t (x)").update();
			}
			databases.factory().close("a/2");
			KvSqliteEndpoint endpoint = context.getBean(KvSqliteEndpoint.class);
			KvSqliteEndpoint.Summary first = endpoint.summary("a/", null, 2);
			assertThat(first.store()).isEqualTo("memory");
			assertThat(first.openActors()).isEqualTo(3);
			assertThat(first.actors()
				.stream()
				.collect(Collectors.toMap(KvSqliteEndpoint.ActorEntry::actorId, KvSqliteEndpoint.ActorEntry::open)))
				.containsEntry("a/1", true)
				.containsEntry("a/2", false)
				.hasSize(2);
			KvSqliteEndpoint.Summary second = endpoint.summary("a/", first.next(), 2);
			assertThat(second.actors()).extracting(KvSqliteEndpoint.ActorEntry::actorId).containsExactly("a/3");
			assertThat(second.next()).isNull();
			assertThatExceptionOfType(InvalidEndpointRequestException.class)
				.isThrownBy(() -> endpoint.summary(null, null, 0))
				.withMessageContaining("1 to 1000");
		});
	}

	@Test
	void endpointShouldShowAnActorWithoutOpeningIt() {
		this.runner.run((context) -> {
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			databases.jdbcClient("a/1").sql("CREATE TABLE t (x)").update();
			databases.jdbcClient("a/1").sql("PRAGMA user_version = 7").update();
			KvSqliteEndpoint endpoint = context.getBean(KvSqliteEndpoint.class);
			KvSqliteEndpoint.Actor open = endpoint.actor("a", "1");
			assertThat(open.actorId()).isEqualTo("a/1");
			assertThat(open.bytes()).isEqualTo(8192);
			assertThat(open.pages()).isEqualTo(2);
			assertThat(open.userVersion()).isEqualTo(7);
			assertThat(open.schemaVersion())
				.isEqualTo(databases.jdbcClient("a/1").sql("PRAGMA schema_version").query(Integer.class).single());
			assertThat(open.commit()).isEqualTo(3);
			assertThat(open.open()).isNotNull();
			assertThat(open.open().usedBy()).isNull();
			databases.factory().close("a/1");
			KvSqliteEndpoint.Actor closed = endpoint.actor("a", "1");
			assertThat(closed.bytes()).isEqualTo(8192);
			assertThat(closed.userVersion()).isEqualTo(7);
			assertThat(closed.open()).isNull();
			assertThat(databases.factory().openActors()).isZero();
			assertThat(endpoint.actor("nobody")).isNull();
		});
	}

	@Test
	void endpointShouldCloseAnActorAndSayWhoKeepsItOpen() {
		this.runner.withPropertyValues("kvsqlite.actors.close-timeout=50ms").run((context) -> {
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			ActorDataSourceFactory factory = databases.factory();
			databases.jdbcClient("a").sql("CREATE TABLE t (x)").update();
			KvSqliteEndpoint endpoint = context.getBean(KvSqliteEndpoint.class);
			databases.transactionTemplate("a").executeWithoutResult((status) -> {
				KvSqliteEndpoint.Closed refused = endpoint.close("a");
				assertThat(refused.closed()).isFalse();
				assertThat(refused.problem()).contains(Thread.currentThread().getName());
			});
			assertThat(endpoint.close("a")).isEqualTo(new KvSqliteEndpoint.Closed("a", true, null));
			assertThat(endpoint.close("a").closed()).isFalse();
			assertThat(factory.openActors()).isZero();
			assertThat(databases.jdbcClient("a").sql("SELECT count(*) FROM t").query(Long.class).single()).isZero();
			assertThat(Duration.between(endpoint.actor("a").open().since(), Instant.now()))
				.isLessThan(Duration.ofMinutes(1));
		});
	}

	@Test
	void meterNamesShouldBeTheDocumentedOnes() {
		this.runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new).run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(registry));
			assertThat(registry.getMeters()).extracting(Meter::getId)
				.extracting(Meter.Id::getName)
				.allMatch((name) -> name.startsWith("kvsqlite."))
				.contains("kvsqlite.actors.open", "kvsqlite.actors.closed", "kvsqlite.store.reads",
						"kvsqlite.store.writes", "kvsqlite.pages.read", "kvsqlite.pages.written",
						"kvsqlite.pages.read.ahead", "kvsqlite.pages.read.ahead.used",
						"kvsqlite.transactions.journaled", "kvsqlite.connections.poisoned", "kvsqlite.corruptions",
						"kvsqlite.connections.acquire");
		});
	}

}
