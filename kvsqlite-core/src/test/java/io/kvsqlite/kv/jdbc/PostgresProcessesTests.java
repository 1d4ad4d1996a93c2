package io.kvsqlite.kv.jdbc;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two processes that fight over the same actors, one of them stopped for longer than its
 * lease and then continued.
 */
@RequiresDocker
@DisabledOnOs(OS.WINDOWS)
class PostgresProcessesTests {

	@Test
	void processThatWasStoppedPastItsLeaseShouldOverwriteNothing() throws Exception {
		try (ServerContainer server = ServerContainer.postgresql()) {
			server.start();
			try (Contender first = new Contender(server, "first"); Contender second = new Contender(server, "second")) {
				first.awaitMore(60);
				second.awaitMore(60);
				for (int round = 0; round < 3; round++) {
					first.signal("STOP");
					// whatever the first holds, the second gets when the lease has ended
					second.awaitMoreOfEveryActor();
					first.signal("CONT");
					first.awaitMore(60);
					second.awaitMore(60);
				}
				first.end();
				second.end();
				assertEveryAcknowledgedCommitIsThere(server, first, second);
			}
		}
	}

	private static void assertEveryAcknowledgedCommitIsThere(ServerContainer server, Contender first,
			Contender second) {
		try (HikariDataSource pool = TestPools.pool(server, 2);
				PostgresKvStore store = PostgresKvStore.builder(pool).build()) {
			for (int actor = 0; actor < ContendingProcess.ACTORS; actor++) {
				String id = "actor-" + actor;
				List<Integer> acknowledged = new ArrayList<>(first.acknowledged(id));
				acknowledged.addAll(second.acknowledged(id));
				KvOpening opening = store.open(id, new byte[][] { { 1 } });
				byte[] last = opening.values()[0];
				assertThat(last).isNotNull();
				int count = Integer.parseInt(new String(last, StandardCharsets.UTF_8));
				// each number once: no commit was lost, and none was made twice
				assertThat(acknowledged).doesNotHaveDuplicates().hasSize(count).contains(1, count);
				assertThat(opening.session().commit()).isEqualTo(count);
			}
		}
	}

	/**
	 * One of the processes.
	 */
	private static final class Contender implements AutoCloseable {

		private final Process process;

		private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();

		private final Thread reader;

		Contender(ServerContainer server, String name) throws IOException {
			this.process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-Xmx64m", "-cp", System.getProperty("java.class.path"), ContendingProcess.class.getName(),
					server.getHost(), Integer.toString(server.port()), name)
				.redirectError(ProcessBuilder.Redirect.INHERIT)
				.start();
			this.reader = new Thread(this::read, "output-of-" + name);
			this.reader.start();
		}

		private void read() {
			try (BufferedReader output = this.process.inputReader()) {
				output.lines().forEach(this.lines::add);
			}
			catch (IOException ex) {
				this.lines.add("FAILED " + ex);
			}
		}

		List<Integer> acknowledged(String actorId) {
			String prefix = "ACK " + actorId + " ";
			return this.lines.stream()
				.filter((line) -> line.startsWith(prefix))
				.map((line) -> Integer.valueOf(line.substring(prefix.length())))
				.toList();
		}

		void awaitMore(int lines) {
			int before = this.lines.size();
			await(() -> assertThat(this.lines).hasSizeGreaterThan(before + lines));
		}

		void awaitMoreOfEveryActor() {
			int[] before = count();
			await(() -> {
				int[] now = count();
				for (int actor = 0; actor < before.length; actor++) {
					assertThat(now[actor]).isGreaterThan(before[actor]);
				}
			});
		}

		private int[] count() {
			int[] count = new int[ContendingProcess.ACTORS];
			for (int actor = 0; actor < count.length; actor++) {
				count[actor] = acknowledged("actor-" + actor).size();
			}
			return count;
		}

		private void await(org.awaitility.core.ThrowingRunnable assertion) {
			Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
				assertThat(this.process.isAlive()).as("process runs").isTrue();
				assertion.run();
			});
		}

		void signal(String signal) throws Exception {
			Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(this.process.pid())).start();
			assertThat(kill.waitFor()).isZero();
		}

		void end() throws Exception {
			this.process.getOutputStream().close();
			assertThat(this.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
			this.reader.join(10_000);
			assertThat(this.process.exitValue()).isZero();
		}

		@Override
		public void close() {
			this.process.destroyForcibly();
		}

	}

}
