package io.kvsqlite.docs.guide;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorInitializer;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.spring.autoconfigure.RocksDbOptionsCustomizer;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.web.ActorContextFilter;
import io.kvsqlite.spring.web.ActorResolver;
import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of the guides.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
class GuideTests {

	@TempDir
	private static Path data;

	@Autowired
	private Notes notes;

	@DynamicPropertySource
	static void store(DynamicPropertyRegistry registry) {
		registry.add("kvsqlite.store.rocksdb.directory", () -> data.resolve("context").toString());
	}

	@Test
	void addedNotesShouldBeCounted() {
		String notebook = "test/" + UUID.randomUUID();
		this.notes.add(notebook, List.of("one", "two"));
		assertThat(this.notes.count(notebook)).isEqualTo(2);
	}

	@Test
	void requestShouldNameItsActor() throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.addHeader("X-Tenant", "tenant/7");
		new ActorContextFilter(new Application().actorOfRequest()).doFilter(request, new MockHttpServletResponse(),
				(in, out) -> assertThat(ActorContext.required()).isEqualTo("tenant/7"));
		assertThat(ActorContext.current()).isEmpty();
	}

	@Test
	void storeInADirectoryShouldServeActors(@TempDir Path directory) throws Exception {
		KvStore store = new RocksDbKvStore(directory);
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
		DataSource notes = factory.dataSource("notes/42");
		try (Connection connection = notes.getConnection()) {
			assertThat(connection.isValid(1)).isTrue();
		}
		factory.close();
		store.close();
	}

	@Test
	void storeInADirectoryShouldTakeOptions(@TempDir Path directory) {
		KvStore store = new RocksDbKvStore(RocksDbOptions.of(directory).withBlockCacheBytes(256L << 20));
		assertThat(store.type()).isEqualTo("rocksdb");
		store.close();
	}

	@Test
	void storeInMemoryShouldServeActors() throws Exception {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore()).build();
				Connection connection = factory.dataSource("test").getConnection()) {
			assertThat(connection.isValid(1)).isTrue();
		}
	}

	@Test
	void siblingShouldTakeAnActorWhoseLeaseIsOver() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		try (ActorDataSourceFactory ours = ActorDataSourceFactory.builder(store).build();
				Connection connection = ours.dataSource("a").getConnection()) {
			assertThat(connection.isValid(1)).isTrue();
			MemoryKvStore other = store.sibling("another process");
			store.expireLease();
			try (ActorDataSourceFactory theirs = ActorDataSourceFactory.builder(other).build();
					Connection taken = theirs.dataSource("a").getConnection()) {
				assertThat(taken.isValid(1)).isTrue();
			}
		}
	}

	@Test
	void remoteStoresShouldConnectWhenTheyAreUsed() {
		redis();
		postgresql(new DriverManagerDataSource("jdbc:nowhere:"));
	}

	private static void redis() {
		RedisKvStore store = RedisKvStore.standalone(RedisURI.create("redis://localhost")).build();
		assertThat(store.type()).isEqualTo("redis");
		store.close();
	}

	private static void postgresql(DataSource dataSource) {
		KvStore store = PostgresKvStore.builder(dataSource).build();
		assertThat(store.type()).isEqualTo("postgresql");
		store.close();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Notes.class)
	static class Application {

		@Bean
		ActorInitializer schema() {
			return (actorId, connection) -> {
				try (Statement statement = connection.createStatement()) {
					statement.executeUpdate("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)");
				}
			};
		}

		@Bean
		ActorResolver actorOfRequest() {
			return (request) -> request.getHeader("X-Tenant");
		}

		@Bean
		RocksDbOptionsCustomizer fewerFiles() {
			return (options) -> options.withCustomizers((db) -> db.setMaxOpenFiles(500), (family) -> {
			});
		}

	}

}
