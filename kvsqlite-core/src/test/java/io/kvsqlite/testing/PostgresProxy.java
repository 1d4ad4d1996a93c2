package io.kvsqlite.testing;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * Stands before a PostgreSQL server, understands the frames of its protocol, counts round
 * trips, and does one harm to the next request when asked to. A request is what the
 * client sends up to a Sync or a simple query; it is passed on whole, so a harm comes
 * before all of it or after all of it.
 */
public final class PostgresProxy implements AutoCloseable {

	// How long the server may take to answer a request that was held back.
	private static final int ANSWER_SECONDS = 60;

	private final String host;

	private final int port;

	private final ServerSocket listener;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final AtomicInteger roundTrips = new AtomicInteger();

	private final AtomicInteger passing = new AtomicInteger();

	private final AtomicReference<@Nullable Next> next = new AtomicReference<>();

	private final AtomicReference<@Nullable Runnable> held = new AtomicReference<>();

	private volatile boolean down;

	private volatile boolean refuseAfterHarm;

	/**
	 * Start a proxy.
	 * @param host the server's host
	 * @param port the server's port
	 * @throws IOException if no port is free
	 */
	public PostgresProxy(String host, int port) throws IOException {
		this.host = host;
		this.port = port;
		this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		start("accept", this::accept);
	}

	/**
	 * Return the port of the loopback address at which the proxy listens.
	 * @return the port
	 */
	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Return how many requests were answered, those of connecting not counted.
	 * @return their number since the proxy was started
	 */
	public int roundTrips() {
		return this.roundTrips.get();
	}

	/**
	 * Do something to the next request, whichever connection it comes on.
	 * @param harm what to do
	 */
	public void harmNext(Harm harm) {
		harmAfter(0, harm);
	}

	/**
	 * Do something to the next request that contains some text, and nothing to those that
	 * come before it, such as renewals of a lease.
	 * @param harm what to do
	 * @param text the text, of which each character is a byte
	 */
	public void harmNext(Harm harm, String text) {
		this.passing.set(0);
		this.next.set(new Next(harm, text));
	}

	/**
	 * Do something to a later request, whichever connection it comes on.
	 * @param requests how many requests pass before
	 * @param harm what to do
	 */
	public void harmAfter(int requests, Harm harm) {
		this.passing.set(requests);
		this.next.set(new Next(harm, ""));
	}

	/**
	 * Do no harm any more.
	 */
	public void spare() {
		this.next.set(null);
	}

	/**
	 * Refuse new connections, and cut the others, from the moment the harm asked for is
	 * done.
	 */
	public void refuseAfterHarm() {
		this.refuseAfterHarm = true;
	}

	/**
	 * Return whether the harm asked for was done.
	 * @return whether it was
	 */
	public boolean harmed() {
		return this.next.get() == null;
	}

	/**
	 * Send the request on that {@link Harm#HOLD} held back, and wait until the server has
	 * answered it.
	 */
	public void release() {
		Runnable request = this.held.getAndSet(null);
		if (request == null) {
			throw new IllegalStateException("No request was held");
		}
		request.run();
	}

	/**
	 * Cut every connection and refuse new ones.
	 */
	public void goDown() {
		this.down = true;
		this.sockets.forEach(PostgresProxy::closeQuietly);
	}

	/**
	 * Accept connections again.
	 */
	public void comeUp() {
		this.down = false;
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		goDown();
	}

	private void accept() throws IOException {
		while (true) {
			Socket client = this.listener.accept();
			if (this.down) {
				client.close();
				continue;
			}
			Socket server;
			try {
				server = new Socket(this.host, this.port);
			}
			catch (IOException ex) {
				closeQuietly(client);
				continue;
			}
			client.setTcpNoDelay(true);
			server.setTcpNoDelay(true);
			this.sockets.add(client);
			this.sockets.add(server);
			if (this.down) {
				// all others were cut while this one was being made
				closeQuietly(client);
				closeQuietly(server);
				continue;
			}
			Link link = new Link(client, server);
			start("requests", link::passRequests);
			start("answers", link::passAnswers);
		}
	}

	private static void start(String name, Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (IOException ex) {
				// a connection that ends is what this is for
			}
		}, "postgres-proxy-" + name);
		thread.setDaemon(true);
		thread.start();
	}

	private static void closeQuietly(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			// closed is what it was to be
		}
	}

	/**
	 * What can happen to a request.
	 */
	public enum Harm {

		/**
		 * The connection breaks, and the server never sees the request.
		 */
		CUT_BEFORE,

		/**
		 * The server carries the request out, and the connection breaks before the
		 * answer.
		 */
		CUT_AFTER,

		/**
		 * The connection breaks for the client, and the request reaches the server later,
		 * when {@link #release()} says so.
		 */
		HOLD

	}

	/**
	 * What is to happen, and to which request.
	 *
	 * @param harm what
	 * @param text what the request contains
	 */
	private record Next(Harm harm, String text) {

		boolean isMeant(byte[] request) {
			return new String(request, StandardCharsets.ISO_8859_1).contains(this.text);
		}

	}

	private interface Work {

		void run() throws IOException;

	}

	/**
	 * A client's connection and the server's behind it.
	 */
	private final class Link {

		private final Socket client;

		private final Socket server;

		private final CountDownLatch answersEnded = new CountDownLatch(1);

		private volatile boolean swallowAnswer;

		private volatile boolean started;

		Link(Socket client, Socket server) {
			this.client = client;
			this.server = server;
		}

		void passRequests() throws IOException {
			DataInputStream in = new DataInputStream(new BufferedInputStream(this.client.getInputStream(), 65_536));
			DataOutputStream out = new DataOutputStream(
					new BufferedOutputStream(this.server.getOutputStream(), 65_536));
			try {
				int length = in.readInt();
				out.writeInt(length);
				out.write(in.readNBytes(length - 4));
				out.flush();
				ByteArrayOutputStream request = new ByteArrayOutputStream();
				for (int type = in.read(); type >= 0; type = in.read()) {
					append(request, type, in);
					if (type == 'S' || type == 'Q' || type == 'X' || type == 'p') {
						if (!pass(request.toByteArray(), out, type)) {
							return;
						}
						request.reset();
					}
				}
			}
			finally {
				if (PostgresProxy.this.held.get() == null) {
					closeQuietly(this.server);
				}
			}
		}

		/**
		 * Return whether the connection goes on.
		 */
		private boolean pass(byte[] request, DataOutputStream out, int type) throws IOException {
			boolean due = this.started && type != 'X' && !harmed() && PostgresProxy.this.passing.getAndDecrement() <= 0;
			Harm harm = due ? take(request) : null;
			if (harm != null && PostgresProxy.this.refuseAfterHarm) {
				PostgresProxy.this.refuseAfterHarm = false;
				PostgresProxy.this.down = true;
				PostgresProxy.this.sockets.stream()
					.filter((socket) -> socket != this.client && socket != this.server)
					.forEach(PostgresProxy::closeQuietly);
			}
			if (harm == Harm.CUT_BEFORE) {
				closeQuietly(this.server);
				closeQuietly(this.client);
				return false;
			}
			if (harm == Harm.HOLD) {
				this.swallowAnswer = true;
				PostgresProxy.this.held.set(() -> {
					try {
						out.write(request);
						out.flush();
						if (!this.answersEnded.await(ANSWER_SECONDS, TimeUnit.SECONDS)) {
							throw new IllegalStateException("The held request was not answered");
						}
					}
					catch (IOException ex) {
						throw new IllegalStateException("The held request could not be sent", ex);
					}
					catch (InterruptedException ex) {
						Thread.currentThread().interrupt();
						throw new IllegalStateException("Interrupted while the held request was answered", ex);
					}
				});
				closeQuietly(this.client);
				return false;
			}
			this.swallowAnswer = harm == Harm.CUT_AFTER;
			out.write(request);
			out.flush();
			return true;
		}

		private @Nullable Harm take(byte[] request) {
			Next next = PostgresProxy.this.next.get();
			boolean taken = next != null && next.isMeant(request) && PostgresProxy.this.next.compareAndSet(next, null);
			return taken ? next.harm() : null;
		}

		void passAnswers() throws IOException {
			DataInputStream in = new DataInputStream(new BufferedInputStream(this.server.getInputStream(), 65_536));
			DataOutputStream out = new DataOutputStream(
					new BufferedOutputStream(this.client.getOutputStream(), 65_536));
			try {
				for (int type = in.read(); type >= 0; type = in.read()) {
					ByteArrayOutputStream answer = new ByteArrayOutputStream();
					append(answer, type, in);
					if (this.swallowAnswer) {
						if (type == 'Z') {
							return;
						}
						continue;
					}
					if (type == 'Z') {
						if (this.started) {
							PostgresProxy.this.roundTrips.incrementAndGet();
						}
						this.started = true;
					}
					answer.writeTo(out);
					if (in.available() == 0) {
						out.flush();
					}
				}
			}
			finally {
				closeQuietly(this.client);
				closeQuietly(this.server);
				this.answersEnded.countDown();
			}
		}

		private static void append(ByteArrayOutputStream message, int type, DataInputStream in) throws IOException {
			int length = in.readInt();
			DataOutputStream out = new DataOutputStream(message);
			out.writeByte(type);
			out.writeInt(length);
			out.write(in.readNBytes(length - 4));
		}

	}

}
