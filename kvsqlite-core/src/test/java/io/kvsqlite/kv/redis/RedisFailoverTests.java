package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisURI;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.RedisCommand;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Masters that die or hand over while actors are written, and what was acknowledged.
 */
@RequiresDocker
@Tag("once")
class RedisFailoverTests {

	private static final int WRITERS = 4;

	private static final Duration PATIENCE = Duration.ofSeconds(90);

	@Test
	void clusterWhoseMastersHandOverShouldLoseNothing() throws Exception {
		try (ServerContainer cluster = ServerContainer.redisCluster("--appendonly", "yes")) {
			cluster.start();
			// longer than the test waits for a handover, so that none may be noticed
			try (RedisKvStore store = RedisKvStore.cluster(List.of(uri(cluster.port())))
				.timeout(Duration.ofMinutes(5))
				.build(); Load load = new Load(store)) {
				for (int round = 0; round < 3; round++) {
					load.awaitCommits(50);
					awaitReplicas(cluster);
					int replica = nodes(cluster, "slave").get(round);
					handOver(cluster, replica);
				}
				load.awaitCommits(50);
				load.finish();
				assertThat(load.failures()).as("failures seen").isZero();
			}
		}
	}

	@Test
	void clusterWhoseMasterIsKilledShouldLoseNothingThatAReplicaConfirmed() throws Exception {
		try (ServerContainer cluster = ServerContainer.redisCluster("--appendonly", "yes", "--cluster-node-timeout",
				"1500")) {
			cluster.start();
			try (RedisKvStore store = RedisKvStore.cluster(List.of(uri(cluster.port())))
				.timeout(Duration.ofSeconds(20))
				.replicas(1, Duration.ofSeconds(1))
				.build(); Load load = new Load(store)) {
				for (int round = 0; round < 3; round++) {
					load.awaitCommits(50);
					awaitReplicas(cluster);
					int master = nodes(cluster, "master").get(round);
					cluster.killNode(master);
					Awaitility.await()
						.atMost(PATIENCE)
						.ignoreExceptionsInstanceOf(IllegalStateException.class)
						.until(() -> nodes(cluster, "master").size() == 3
								&& !nodes(cluster, "master").contains(master));
					// the new master has no replica until the old one is back
					cluster.restartNode(master);
					load.awaitCommits(50);
				}
				load.finish();
			}
		}
	}

	@Test
	void sentinelShouldLeadToTheNewMaster() throws Exception {
		try (ServerContainer servers = ServerContainer.redisSentinel()) {
			servers.start();
			RedisURI uri = RedisURI.Builder.sentinel("127.0.0.1", servers.ports().get(2), "main").build();
			try (RedisKvStore store = RedisKvStore.standalone(uri)
				.timeout(Duration.ofSeconds(20))
				.replicas(1, Duration.ofSeconds(1))
				.build(); Load load = new Load(store)) {
				load.awaitCommits(50);
				int master = servers.ports().get(0);
				servers.killNode(master);
				Awaitility.await()
					.atMost(PATIENCE)
					.ignoreExceptionsInstanceOf(IllegalStateException.class)
					.until(() -> RedisCommand.send(servers.ports().get(1), "info replication").contains("role:master"));
				servers.restartNode(master);
				load.awaitCommits(50);
				load.finish();
			}
		}
	}

	// Asked again while it does not come about: the servers give a handover up after five
	// seconds.
	private static void handOver(ServerContainer cluster, int replica) {
		Awaitility.await().atMost(PATIENCE).pollDelay(Duration.ZERO).ignoreExceptions().until(() -> {
			if (nodes(cluster, "master").contains(replica)) {
				return true;
			}
			RedisCommand.send(replica, "cluster failover");
			Awaitility.await()
				.atMost(Duration.ofSeconds(10))
				.ignoreExceptions()
				.until(() -> nodes(cluster, "master").contains(replica));
			return true;
		});
	}

	// A replica that is not up to date yet cannot take over.
	private static void awaitReplicas(ServerContainer cluster) {
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptionsInstanceOf(IllegalStateException.class)
			.until(() -> nodes(cluster, "slave").size() == 3 && nodes(cluster, "master").stream()
				.allMatch((port) -> RedisCommand.send(port, "info replication").contains("state=online")));
	}

	private static RedisURI uri(int port) {
		return RedisURI.create("127.0.0.1", port);
	}

	// The ports of the nodes of a role that are up, asked of whichever node answers.
	private static List<Integer> nodes(ServerContainer cluster, String role) {
		return answered(cluster.ports(), "cluster nodes").lines()
			.map((line) -> line.split(" "))
			.filter((fields) -> fields[2].contains(role) && !fields[2].contains("fail"))
			.map((fields) -> Integer.valueOf(fields[1].substring(fields[1].indexOf(':') + 1, fields[1].indexOf('@'))))
			.sorted()
			.toList();
	}

	private static String answered(List<Integer> ports, String command) {
		IllegalStateException failure = new IllegalStateException("There are no nodes");
		for (int port : ports) {
			try {
				return RedisCommand.send(port, command);
			}
			catch (IllegalStateException ex) {
				failure = ex;
			}
		}
		throw failure;
	}

	/**
	 * Threads that each write an actor of their own, counting up, and check at every open
	 * that nothing acknowledged is missing.
	 */
	private static final class Load implements AutoCloseable {

		private final RedisKvStore store;

		private final ExecutorService executor = Executors.newFixedThreadPool(WRITERS);

		private final List<Future<?>> futures = new ArrayList<>();

		private final AtomicInteger[] acknowledged = new AtomicInteger[WRITERS];

		private final AtomicInteger failures = new AtomicInteger();

		private final AtomicBoolean stopped = new AtomicBoolean();

		Load(RedisKvStore store) {
			this.store = store;
			Arrays.setAll(this.acknowledged, (writer) -> new AtomicInteger());
			for (int writer = 0; writer < WRITERS; writer++) {
				int number = writer;
				this.futures.add(this.executor.submit(() -> run(number)));
			}
		}

		int failures() {
			return this.failures.get();
		}

		void awaitCommits(int more) {
			int[] goals = Arrays.stream(this.acknowledged).mapToInt((count) -> count.get() + more).toArray();
			Awaitility.await().atMost(PATIENCE).until(() -> {
				for (int writer = 0; writer < WRITERS; writer++) {
					if (this.futures.get(writer).isDone()) {
						this.futures.get(writer).get();
					}
					if (this.acknowledged[writer].get() < goals[writer]) {
						return false;
					}
				}
				return true;
			});
		}

		void finish() throws Exception {
			this.stopped.set(true);
			for (Future<?> future : this.futures) {
				future.get(3, TimeUnit.MINUTES);
			}
			for (int writer = 0; writer < WRITERS; writer++) {
				openEventually(writer, 0).close();
			}
		}

		private void run(int writer) {
			KvSession session = null;
			int unknown = 0;
			while (!this.stopped.get()) {
				try {
					if (session == null) {
						session = open(writer, this.acknowledged[writer].get(), unknown);
						this.acknowledged[writer].set((int) session.commit());
						unknown = 0;
					}
					int next = this.acknowledged[writer].get() + 1;
					session.write(new KvWrite().put(key("n"), key(Integer.toString(next)))
						.put(key("n" + next % 50), new byte[4096]));
					this.acknowledged[writer].set(next);
				}
				catch (KvIndeterminateException ex) {
					this.failures.incrementAndGet();
					unknown = 1;
					session = null;
				}
				catch (KvException ex) {
					this.failures.incrementAndGet();
					session = null;
				}
			}
			if (unknown > 0) {
				this.acknowledged[writer].set((int) openEventually(writer, unknown).commit());
			}
		}

		private KvSession openEventually(int writer, int unknown) {
			return Awaitility.await()
				.atMost(PATIENCE)
				.ignoreExceptionsInstanceOf(KvException.class)
				.until(() -> open(writer, this.acknowledged[writer].get(), unknown), (session) -> true);
		}

		// At most as many commits more than acknowledged as have an unknown outcome.
		private KvSession open(int writer, int acknowledged, int unknown) {
			KvOpening opening = this.store.open("actor-" + writer, new byte[][] { key("n") });
			long commit = opening.session().commit();
			assertThat(commit).as("commits of writer %d", writer)
				.isBetween((long) acknowledged, (long) acknowledged + unknown);
			byte[] value = opening.values()[0];
			assertThat((value != null) ? new String(value, StandardCharsets.UTF_8) : "0")
				.isEqualTo(Long.toString(commit));
			return opening.session();
		}

		@Override
		public void close() throws InterruptedException {
			this.stopped.set(true);
			this.executor.shutdown();
			assertThat(this.executor.awaitTermination(3, TimeUnit.MINUTES)).isTrue();
		}

		private static byte[] key(String text) {
			return text.getBytes(StandardCharsets.UTF_8);
		}

	}

}
