package io.kvsqlite.spring.live;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.kvsqlite.ActorListener;
import io.kvsqlite.CloseReason;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.RestartableKvStore;
import io.kvsqlite.spring.live.LiveApplication.Answer;
import io.kvsqlite.testing.ForwardingKvStore;
import jakarta.servlet.http.HttpServletResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestContextManager;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starting, stopping and pausing of applications that are at work.
 */
class LifecycleTests {

	private static int rows(ActorDatabases databases, String actorId) {
		return databases.jdbcClient(actorId).sql("SELECT count(*) FROM t").query(Integer.class).single();
	}

	/**
	 * A request is in the middle of its transaction when the application is told to stop.
	 */
	@Test
	void requestInFlightShouldFinishThenActorsCloseThenTheStore() throws Exception {
		MemoryKvStore data = new MemoryKvStore();
		Recorded.data = data;
		LiveApplication application = LiveApplication.start(Recorded.class,
				"spring.lifecycle.timeout-per-shutdown-phase=2m");
		Work work = application.context().getBean(Work.class);
		List<String> events = application.context().getBean(Events.class).events();
		CompletableFuture<Answer> request = application.sendAsync("POST", "/slow/a");
		assertThat(work.begun.await(1, TimeUnit.MINUTES)).isTrue();
		Thread stopping = new Thread(application::close, "stopping");
		stopping.start();
		Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> refusesConnections(application.port()));
		assertThat(events).doesNotContain("closed a");
		work.goOn.countDown();
		assertThat(request.get(1, TimeUnit.MINUTES).status()).isEqualTo(200);
		stopping.join(TimeUnit.MINUTES.toMillis(1));
		assertThat(events).containsSubsequence("committed a", "closed a SHUTDOWN", "store closed")
			.doesNotHaveDuplicates();
		assertThat(data.owner("a").live()).isFalse();
		assertThat(data.owner("last words").commit()).isPositive();
	}

	private static boolean refusesConnections(int port) throws IOException {
		try (Socket socket = new Socket("localhost", port)) {
			return !socket.isConnected();
		}
		catch (ConnectException ex) {
			return true;
		}
	}

	@Test
	void virtualThreadsShouldServeRequestsOfFewActors() throws Exception {
		try (LiveApplication application = LiveApplication.start(Application.class,
				"spring.threads.virtual.enabled=true")) {
			List<CompletableFuture<Answer>> answers = new ArrayList<>();
			IntStream.range(0, 60).forEach((i) -> answers.add(application.sendAsync("POST", "/quick/" + i % 3)));
			boolean expected = Runtime.version().feature() >= 21;
			for (CompletableFuture<Answer> answer : answers) {
				assertThat(answer.get(1, TimeUnit.MINUTES)).isEqualTo(new Answer(200, "virtual: " + expected));
			}
			ActorDatabases databases = application.context().getBean(ActorDatabases.class);
			assertThat(List.of(rows(databases, "0"), rows(databases, "1"), rows(databases, "2"))).containsOnly(20);
			assertThat(databases.factory().activeConnections()).isZero();
		}
	}

	/**
	 * The test framework keeps contexts and stops those that are not in use. Two of them
	 * take turns on one directory.
	 */
	@Test
	void cachedContextsOfTestsShouldTakeTurnsOnOneDirectory(@TempDir Path directory) throws Exception {
		System.setProperty("kvsqlite.test.directory", directory.toString());
		try {
			TestContextManager first = new TestContextManager(FirstTest.class);
			TestContextManager second = new TestContextManager(SecondTest.class);
			ApplicationContext before = first.getTestContext().getApplicationContext();
			before.getBean(ActorDatabases.class).jdbcClient("a").sql("CREATE TABLE t (x)").update();
			first.afterTestClass();
			ActorDatabases other = second.getTestContext().getApplicationContext().getBean(ActorDatabases.class);
			other.jdbcClient("a").sql("INSERT INTO t VALUES (1)").update();
			second.afterTestClass();
			ApplicationContext again = new TestContextManager(FirstTest.class).getTestContext().getApplicationContext();
			assertThat(again).isSameAs(before);
			assertThat(rows(again.getBean(ActorDatabases.class), "a")).isEqualTo(1);
			first.getTestContext().markApplicationContextDirty(null);
			second.getTestContext().markApplicationContextDirty(null);
		}
		finally {
			System.clearProperty("kvsqlite.test.directory");
		}
	}

	/**
	 * A test of somebody's application.
	 */
	@SpringBootTest(classes = Plain.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = "kvsqlite.store.rocksdb.directory=${kvsqlite.test.directory}")
	static class FirstTest {

	}

	/**
	 * Another one, with another context.
	 */
	@SpringBootTest(classes = Plain.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = { "kvsqlite.store.rocksdb.directory=${kvsqlite.test.directory}", "another.context=true" })
	static class SecondTest {

	}

	@Configuration(proxyBeanMethods = false)
	@Import({ io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration.class,
			io.kvsqlite.spring.autoconfigure.KvSqliteJdbcAutoConfiguration.class })
	static class Plain {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Work.class)
	static class Application {

		@Bean
		Events events() {
			return new Events(new CopyOnWriteArrayList<>());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Recorded extends Application {

		private static MemoryKvStore data = new MemoryKvStore();

		@Bean
		DisposableBean lastWords(ActorDatabases databases) {
			return () -> databases.jdbcClient("last words").sql("CREATE TABLE t (x)").update();
		}

		@Bean
		RestartableKvStore kvStore(Events events) {
			return new RestartableKvStore(() -> new RecordedStore(data, events.events()));
		}

	}

	private static final class RecordedStore extends ForwardingKvStore {

		private final List<String> events;

		private RecordedStore(KvStore delegate, List<String> events) {
			super(delegate);
			this.events = events;
		}

		@Override
		public void close() {
			this.events.add("store closed");
		}

	}

	/**
	 * What happened, in its order.
	 *
	 * @param events the events
	 */
	record Events(List<String> events) implements ActorListener {

		@Override
		public void actorClosed(String actorId, CloseReason reason) {
			this.events.add("closed %s %s".formatted(actorId, reason));
		}

	}

	/**
	 * What the application does.
	 */
	@RestController
	static class Work {

		private final CountDownLatch begun = new CountDownLatch(1);

		private final CountDownLatch goOn = new CountDownLatch(1);

		private final ActorDatabases databases;

		private final Events events;

		Work(ActorDatabases databases, Events events) {
			this.databases = databases;
			this.events = events;
		}

		@PostMapping("/quick/{actorId}")
		String quick(@PathVariable String actorId) {
			insert(actorId);
			return "virtual: " + Threads.isVirtual(Thread.currentThread());
		}

		/**
		 * Sends its answer itself. Boot takes a request as finished when the servlet has
		 * returned and may then close the connection before Tomcat has written the
		 * answer.
		 */
		@PostMapping("/slow/{actorId}")
		void slow(@PathVariable String actorId, HttpServletResponse response) throws IOException {
			this.databases.transactionTemplate(actorId).executeWithoutResult((status) -> {
				insert(actorId);
				this.begun.countDown();
				await();
				insert(actorId);
			});
			this.events.events().add("committed " + actorId);
			response.setContentLength(0);
			response.flushBuffer();
		}

		private void await() {
			try {
				if (!this.goOn.await(2, TimeUnit.MINUTES)) {
					throw new IllegalStateException("was not told to go on");
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException("interrupted", ex);
			}
		}

		private void insert(String actorId) {
			this.databases.transactionTemplate(actorId).executeWithoutResult((status) -> {
				this.databases.jdbcClient(actorId).sql("CREATE TABLE IF NOT EXISTS t (x)").update();
				this.databases.jdbcClient(actorId).sql("INSERT INTO t VALUES (1)").update();
			});
		}

	}

	/**
	 * What Java 17 cannot be asked directly.
	 */
	private static final class Threads {

		static boolean isVirtual(Thread thread) {
			try {
				return (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
			}
			catch (NoSuchMethodException ex) {
				return false;
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
