package io.kvsqlite.sample;

import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.spring.health.KvStoreHealthIndicator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.annotation.DirtiesContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application on a store that a service connection leads to: what its profile says
 * about where the server is does not matter. The context is closed with the class: at the
 * end of the JVM the containers might stop first, and a store waits for its server.
 */
@SpringBootTest(properties = { "kvsqlite.store.timeout=1m", "kvsqlite.health.timeout=1m" })
@DirtiesContext
abstract class ServiceConnectionTests {

	private final NotebookName notebook = new NotebookName("pies");

	@Autowired
	private Notebooks notebooks;

	@Autowired
	private KvStore store;

	@Autowired
	private KvStoreHealthIndicator health;

	/**
	 * Return the kind of the store.
	 */
	abstract String storeType();

	/**
	 * Return how many databases the server says that it has.
	 */
	abstract int storedActors() throws Exception;

	@Test
	void notebookShouldBeKeptByTheServerOfTheServiceConnection() throws Exception {
		assertThat(this.store.type()).isEqualTo(storeType());
		assertThat(storedActors()).isZero();
		this.notebooks.add(this.notebook, "Apple pie", "Six apples");
		assertThat(this.notebooks.search(this.notebook, "apples", 0, 10).hits()).hasSize(1);
		assertThat(storedActors()).isEqualTo(1);
		KvOwner awake = this.store.owner(this.notebook.actorId());
		assertThat(awake).isNotNull();
		assertThat(awake.live()).isTrue();
		assertThat(this.notebooks.sleep(this.notebook)).isTrue();
		assertThat(this.store.owner(this.notebook.actorId()).holder()).isNull();
		assertThat(this.notebooks.list(this.notebook, Long.MAX_VALUE, 10)).extracting(Note::title)
			.containsExactly("Apple pie");
		assertThat(this.health.health().getStatus()).isEqualTo(Status.UP);
		assertHealth(this.health.health().getDetails().get("warnings"));
		assertThat(this.notebooks.delete(this.notebook)).isTrue();
		assertThat(storedActors()).isZero();
	}

	/**
	 * Check what health says of the server that may cost data.
	 */
	abstract void assertHealth(@Nullable Object warnings);

}
