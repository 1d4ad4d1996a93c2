package io.kvsqlite.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Locale;

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

	private static final String LOOPBACK = "127.0.0.1";

	private int port;

	private ServerContainer(String image) {
		super(DockerImageName.parse(image));
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
			.waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1));
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

	private static String image(String server, String official) {
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
		this.port = hostPort;
		return this;
	}

	/**
	 * Return a port of the host that nothing listens on.
	 * @return the port
	 */
	public static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new IllegalStateException("No free port", ex);
		}
	}

	/**
	 * Return the host's port at which the server is reached.
	 * @return the port that was published last
	 */
	public int port() {
		return this.port;
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

}
