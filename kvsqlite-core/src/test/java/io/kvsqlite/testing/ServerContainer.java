package io.kvsqlite.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A real server in a container, which can be killed and started again at the same
 * address, with its files.
 *
 * <p>
 * The image's name is the system property {@code kvsqlite.test.redis.image} or
 * {@code kvsqlite.test.postgresql.image}, else the environment variable of the same name
 * in capitals with underscores, else the official image.
 */
public final class ServerContainer extends GenericContainer<ServerContainer> {

	private final List<Integer> ports = new ArrayList<>();

	private ServerContainer(String image) {
		super(DockerImageName.parse(image));
	}

	/**
	 * Return the PostgreSQL server that tests share which neither kill it nor count what
	 * it does. It runs until this JVM ends; nobody stops it.
	 * @return the container, started
	 */
	public static ServerContainer sharedPostgresql() {
		return SharedPostgresql.SERVER;
	}

	/**
	 * Return the Redis server that tests share which neither kill it nor count what it
	 * does. It runs until this JVM ends; nobody stops it.
	 * @return the container, started
	 */
	public static ServerContainer sharedRedis() {
		return SharedRedis.SERVER;
	}

	/**
	 * Return a Redis server, not started, that listens on a port of its own.
	 * @param arguments further arguments of redis-server, for example
	 * {@code "--appendonly", "yes"}
	 * @return the container
	 */
	public static ServerContainer redis(String... arguments) {
		String[] command = new String[arguments.length + 1];
		command[0] = "redis-server";
		System.arraycopy(arguments, 0, command, 1, arguments.length);
		return redisImage().withPort(6379)
			.withCommand(command)
			.waitingFor(
					Wait.forLogMessage(".*Ready to accept connections.*", 1).withStartupTimeout(Duration.ofMinutes(2)));
	}

	/**
	 * Return a container of the Redis image without a command, a port or anything to wait
	 * for.
	 * @return the container
	 */
	public static ServerContainer redisImage() {
		return new ServerContainer(image("redis", "redis:7.2"));
	}

	/**
	 * Return a Redis Cluster in one container, not started: three masters with a replica
	 * each. They take a node for dead after a time that no busy machine makes it silent;
	 * tests that kill one pass a shorter {@code --cluster-node-timeout}. A node has the
	 * same port inside the container and outside.
	 * @param arguments further arguments of each redis-server
	 * @return the container
	 */
	public static ServerContainer redisCluster(String... arguments) {
		String node = "redis-server --port $port --dir /data/$port --pidfile /data/$port/pid --protected-mode no"
				+ " --cluster-enabled yes --cluster-announce-ip 127.0.0.1 --cluster-node-timeout 15000"
				+ " --repl-diskless-sync-delay 0 " + String.join(" ", arguments);
		ServerContainer cluster = redisImage();
		for (int i = 0; i < 6; i++) {
			int port = freePort();
			cluster.withPort(port, port);
		}
		String ports = cluster.ports.stream().map(String::valueOf).collect(Collectors.joining(" "));
		String addresses = cluster.ports.stream().map((port) -> "127.0.0.1:" + port).collect(Collectors.joining(" "));
		String script = """
				cat >/node <<'EOF'
				port=$1
				mkdir -p /data/$port
				exec %s >>/data/$port/log 2>&1
				EOF
				for port in %s; do sh /node $port & done
				for port in %s; do until redis-cli -p $port ping | grep -q PONG; do sleep 0.1; done; done
				redis-cli --cluster create %s --cluster-replicas 1 --cluster-yes
				for port in %s; do
					until redis-cli -p $port cluster info | grep -q cluster_state:ok &&
						redis-cli -p $port info replication | grep -q -e connected_slaves:1 -e master_link_status:up
					do sleep 0.1; done
				done
				echo The cluster is ready
				sleep infinity
				""".formatted(node, ports, ports, addresses, ports);
		return cluster.withCommand("sh", "-c", script)
			.waitingFor(Wait.forLogMessage(".*The cluster is ready.*", 1).withStartupTimeout(Duration.ofMinutes(2)));
	}

	/**
	 * Return a Redis server with a replica and a Sentinel that watches them, in one
	 * container, not started. The ports are those of the first master, the replica and
	 * the Sentinel, the same inside the container and outside; the master's name is
	 * {@code main}.
	 * @return the container
	 */
	public static ServerContainer redisSentinel() {
		ServerContainer servers = redisImage();
		for (int i = 0; i < 3; i++) {
			int port = freePort();
			servers.withPort(port, port);
		}
		String script = """
				cat >/node <<'EOF'
				port=$1
				shift
				mkdir -p /data/$port
				exec redis-server --port $port --dir /data/$port --pidfile /data/$port/pid --protected-mode no \\
					--appendonly yes --replica-announce-ip 127.0.0.1 --repl-diskless-sync-delay 0 "$@" >>/data/$port/log 2>&1
				EOF
				master=%d replica=%d sentinel=%d
				sh /node $master &
				sh /node $replica --replicaof 127.0.0.1 $master &
				until redis-cli -p $replica info replication | grep -q master_link_status:up; do sleep 0.1; done
				mkdir -p /data/sentinel
				cat >/data/sentinel/conf <<EOF
				port $sentinel
				protected-mode no
				dir /data/sentinel
				sentinel announce-ip 127.0.0.1
				sentinel monitor main 127.0.0.1 $master 1
				sentinel down-after-milliseconds main 1000
				sentinel failover-timeout main 5000
				EOF
				redis-server /data/sentinel/conf --sentinel &
				until redis-cli -p $sentinel sentinel replicas main | grep -q $replica; do sleep 0.1; done
				echo The servers are ready
				sleep infinity
				"""
			.formatted(servers.ports.toArray());
		return servers.withCommand("sh", "-c", script)
			.waitingFor(Wait.forLogMessage(".*The servers are ready.*", 1).withStartupTimeout(Duration.ofMinutes(2)));
	}

	/**
	 * Kill one of several Redis servers in this container with SIGKILL.
	 * @param port the server's port
	 */
	public void killNode(int port) {
		inContainer("kill -9 $(cat /data/%d/pid)".formatted(port));
	}

	/**
	 * Start one of several Redis servers in this container again, and return at once.
	 * @param port the server's port
	 */
	public void restartNode(int port) {
		inContainer("setsid sh /node %d >/dev/null 2>&1 &".formatted(port));
	}

	/**
	 * Run a shell command in this container.
	 * @param command the command
	 * @return what it printed
	 */
	public String inContainer(String command) {
		try {
			ExecResult result = execInContainer("sh", "-c", command);
			if (result.getExitCode() != 0) {
				throw new IllegalStateException("'%s' failed: %s".formatted(command, result));
			}
			return result.getStdout();
		}
		catch (IOException ex) {
			throw new IllegalStateException("'%s' failed".formatted(command), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("'%s' was interrupted".formatted(command), ex);
		}
	}

	/**
	 * Return a PostgreSQL server, not started, that listens on a port of its own, with
	 * the user {@code test}, the password {@code test} and the database {@code test}.
	 * @param arguments further arguments of postgres, for example
	 * {@code "-c", "max_connections=20"}
	 * @return the container
	 */
	public static ServerContainer postgresql(String... arguments) {
		String[] command = new String[arguments.length + 1];
		command[0] = "postgres";
		System.arraycopy(arguments, 0, command, 1, arguments.length);
		return new ServerContainer(image("postgresql", "postgres:15")).withPort(5432)
			.withEnv("POSTGRES_USER", "test")
			.withEnv("POSTGRES_PASSWORD", "test")
			.withEnv("POSTGRES_DB", "test")
			.withCommand(command)
			// once by the server that initialises the cluster, once for good
			.waitingFor(Wait.forLogMessage(".*database system is ready to accept connections.*", 2)
				.withStartupTimeout(Duration.ofMinutes(2)));
	}

	/**
	 * Return the name of the image to test with.
	 * @param server {@code redis} or {@code postgresql}
	 * @param official the name of the official image
	 * @return the name that the system property or the environment variable gives, else
	 * that of the official image
	 */
	public static String image(String server, String official) {
		String property = "kvsqlite.test.%s.image".formatted(server);
		String variable = property.replace('.', '_').toUpperCase(Locale.ROOT);
		String environment = System.getenv(variable);
		return System.getProperty(property, (environment != null) ? environment : official);
	}

	/**
	 * Publish a port at a free port of the host, which stays the same when the server is
	 * started again.
	 * @param port the server's port
	 * @return this container
	 */
	public ServerContainer withPort(int port) {
		return withPort(freePort(), port);
	}

	/**
	 * Publish a port at a given port of the host.
	 * @param hostPort the host's port
	 * @param port the server's port
	 * @return this container
	 */
	public ServerContainer withPort(int hostPort, int port) {
		addFixedExposedPort(hostPort, port);
		this.ports.add(hostPort);
		return this;
	}

	/**
	 * Return a port of the host that nothing listens on, and that no one else is given:
	 * neither another call, nor another JVM that tests, nor a connection that goes out. A
	 * server that is killed so finds it free when it is started again.
	 * @return the port
	 */
	public static int freePort() {
		return Ports.next();
	}

	/**
	 * Return the host's port at which the server is reached.
	 * @return the port that was published first
	 */
	public int port() {
		return this.ports.get(0);
	}

	/**
	 * Return all of the host's ports at which servers in this container are reached.
	 * @return the ports, in the order in which they were published
	 */
	public List<Integer> ports() {
		return List.copyOf(this.ports);
	}

	/**
	 * Kill the server's process with SIGKILL. Its files stay.
	 */
	public void killServer() {
		getDockerClient().killContainerCmd(getContainerId()).withSignal("KILL").exec();
	}

	/**
	 * Start the server again after {@link #killServer()}, and return at once.
	 */
	public void restartServer() {
		getDockerClient().startContainerCmd(getContainerId()).exec();
	}

	/**
	 * Stop the server's processes from running, connections open, as in a long pause.
	 */
	public void freeze() {
		getDockerClient().pauseContainerCmd(getContainerId()).exec();
	}

	/**
	 * Let the server's processes run on.
	 */
	public void thaw() {
		getDockerClient().unpauseContainerCmd(getContainerId()).exec();
	}

	// Testcontainers stops it when the JVM ends, be it without its reaper.
	private static ServerContainer started(ServerContainer container) {
		container.start();
		return container;
	}

	/**
	 * Ports below those that systems give to connections that go out. They come in
	 * blocks, and a JVM has a block as long as it listens on the block's first port. The
	 * port of a node's cluster bus, which is higher by 10,000, is below those as well.
	 */
	private static final class Ports {

		private static final int FIRST = 12_000;

		private static final int LAST = 22_000;

		private static final int IN_A_BLOCK = 100;

		// Listened on until this JVM ends.
		private static final List<ServerSocket> blocks = new ArrayList<>();

		private static int last = -1;

		static synchronized int next() {
			while (true) {
				if ((last + 1) % IN_A_BLOCK == 0) {
					ServerSocket block = nextBlock();
					blocks.add(block);
					last = block.getLocalPort();
				}
				last++;
				if (isFree(last)) {
					return last;
				}
			}
		}

		private static ServerSocket nextBlock() {
			for (int port = FIRST; port < LAST; port += IN_A_BLOCK) {
				ServerSocket socket = listen(port);
				if (socket != null) {
					return socket;
				}
			}
			throw new IllegalStateException("No free ports from %d to %d".formatted(FIRST, LAST));
		}

		// On all addresses, as the engine does when it publishes a port.
		private static @Nullable ServerSocket listen(int port) {
			try {
				return new ServerSocket(port, 1);
			}
			catch (IOException ex) {
				return null;
			}
		}

		private static boolean isFree(int port) {
			try (ServerSocket probe = listen(port)) {
				return probe != null;
			}
			catch (IOException ex) {
				return false;
			}
		}

	}

	/**
	 * Holds the shared server, started when it is first asked for.
	 */
	private static final class SharedPostgresql {

		static final ServerContainer SERVER = started(postgresql("-c", "max_connections=300"));

	}

	/**
	 * Holds the shared server, started when it is first asked for.
	 */
	private static final class SharedRedis {

		static final ServerContainer SERVER = started(redis());

	}

}
