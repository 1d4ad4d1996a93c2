package io.kvsqlite.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server, and does to one chosen request what networks do:
 * cuts the connection before it arrives, cuts it when the server has answered and before
 * the answer arrives, or keeps it back until the test lets it go on.
 *
 * <p>
 * A request is chosen by its bytes, as they come from the client's socket. The fault
 * strikes once; everything before and after passes.
 */
public final class CuttingProxy implements AutoCloseable {

	private static final int BUFFER_BYTES = 1 << 16;

	// How long the chosen request may take to come, and the server's answer to it.
	private static final int ANSWER_SECONDS = 60;

	private final String host;

	private final int port;

	private final ServerSocket listener;

	private final List<Closeable> sockets = new ArrayList<>();

	private @Nullable Fault armed;

	private volatile @Nullable Overwriting overwriting;

	private boolean refusing;

	private boolean closed;

	/**
	 * Start a proxy.
	 * @param host the server's host
	 * @param port the server's port
	 * @throws IOException if no port is free
	 */
	public CuttingProxy(String host, int port) throws IOException {
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
	 * Cut the connection instead of passing the next request of a kind on.
	 * @param request tells the request by its bytes
	 * @return the fault
	 */
	public Fault cutBefore(Predicate<byte[]> request) {
		return arm(new Fault(Kind.CUT_BEFORE, request));
	}

	/**
	 * Pass the next request of a kind on, wait for the server's answer, and cut the
	 * connection instead of passing that back.
	 * @param request tells the request by its bytes
	 * @return the fault
	 */
	public Fault cutAfter(Predicate<byte[]> request) {
		return arm(new Fault(Kind.CUT_AFTER, request));
	}

	/**
	 * Keep the next request of a kind back until {@link Fault#letGo()}, and pass it on
	 * then, even when the client has hung up.
	 * @param request tells the request by its bytes
	 * @return the fault
	 */
	public Fault hold(Predicate<byte[]> request) {
		return arm(new Fault(Kind.HOLD, request));
	}

	/**
	 * Change what the server says of itself: from now on, write over what follows a text
	 * in its answers.
	 * @param marker the text, of which each character is a byte
	 * @param replacement what to write right behind it
	 */
	public void overwriteAnswers(String marker, String replacement) {
		this.overwriting = new Overwriting(marker.getBytes(StandardCharsets.ISO_8859_1),
				replacement.getBytes(StandardCharsets.ISO_8859_1));
	}

	private synchronized Fault arm(Fault fault) {
		this.armed = fault;
		return fault;
	}

	/**
	 * Return a test for requests that contain some text.
	 * @param text the text, of which each character is a byte
	 * @return the test
	 */
	public static Predicate<byte[]> containing(String text) {
		return (bytes) -> new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
	}

	/**
	 * Cut all connections, and accept none, as when the network is gone.
	 */
	public void refuse() {
		synchronized (this) {
			this.refusing = true;
		}
		cutAll();
	}

	/**
	 * Accept connections again.
	 */
	public synchronized void admit() {
		this.refusing = false;
	}

	private void cutAll() {
		List<Closeable> open;
		synchronized (this) {
			open = new ArrayList<>(this.sockets);
			this.sockets.clear();
		}
		open.forEach(CuttingProxy::closeQuietly);
	}

	@Override
	public void close() {
		synchronized (this) {
			this.closed = true;
		}
		closeQuietly(this.listener);
		cutAll();
	}

	private void accept() {
		while (true) {
			Socket client;
			try {
				client = this.listener.accept();
			}
			catch (IOException ex) {
				return;
			}
			Socket server = null;
			try {
				synchronized (this) {
					if (this.refusing || this.closed) {
						client.close();
						continue;
					}
				}
				server = new Socket(this.host, this.port);
				client.setTcpNoDelay(true);
				server.setTcpNoDelay(true);
				synchronized (this) {
					if (this.refusing || this.closed) {
						// all others were cut while this one was being made
						client.close();
						server.close();
						continue;
					}
					this.sockets.add(client);
					this.sockets.add(server);
				}
				Connection connection = new Connection(client, server);
				start("requests", connection::requests);
				start("answers", connection::answers);
			}
			catch (IOException ex) {
				closeQuietly(client);
				closeQuietly(server);
			}
		}
	}

	private synchronized @Nullable Fault strike(byte[] bytes) {
		Fault fault = this.armed;
		if (fault == null || !fault.request.test(bytes)) {
			return null;
		}
		this.armed = null;
		return fault;
	}

	private static void start(String name, Runnable work) {
		Thread thread = new Thread(work, "proxy-" + name);
		thread.setDaemon(true);
		thread.start();
	}

	private static void closeQuietly(@Nullable Closeable closeable) {
		if (closeable != null) {
			try {
				closeable.close();
			}
			catch (IOException ex) {
				// it is gone, which was the purpose
			}
		}
	}

	private enum Kind {

		CUT_BEFORE, CUT_AFTER, HOLD

	}

	/**
	 * Something that happens to one request.
	 */
	public static final class Fault {

		private final Kind kind;

		private final Predicate<byte[]> request;

		private final CountDownLatch struck = new CountDownLatch(1);

		private final CountDownLatch released = new CountDownLatch(1);

		private final CountDownLatch passed = new CountDownLatch(1);

		private Fault(Kind kind, Predicate<byte[]> request) {
			this.kind = kind;
			this.request = request;
		}

		/**
		 * Wait until the request has come.
		 * @return whether it came within a minute
		 * @throws InterruptedException if interrupted
		 */
		public boolean awaitRequest() throws InterruptedException {
			return this.struck.await(ANSWER_SECONDS, TimeUnit.SECONDS);
		}

		/**
		 * Return whether the request has come.
		 * @return whether this fault is over or under way
		 */
		public boolean hasStruck() {
			return this.struck.getCount() == 0;
		}

		/**
		 * Let a request go on that is held back, and wait until the server has answered
		 * it, or closed the connection.
		 * @return whether it did within a minute
		 * @throws InterruptedException if interrupted
		 */
		public boolean letGo() throws InterruptedException {
			this.released.countDown();
			return this.passed.await(ANSWER_SECONDS, TimeUnit.SECONDS);
		}

	}

	/**
	 * What to write over in answers, as far as it comes in one piece.
	 *
	 * @param marker what stands before it
	 * @param replacement what to write there
	 */
	private record Overwriting(byte[] marker, byte[] replacement) {

		void apply(byte[] buffer, int length) {
			int last = length - this.marker.length - this.replacement.length;
			for (int at = 0; at <= last; at++) {
				if (Arrays.equals(buffer, at, at + this.marker.length, this.marker, 0, this.marker.length)) {
					System.arraycopy(this.replacement, 0, buffer, at + this.marker.length, this.replacement.length);
				}
			}
		}

	}

	/**
	 * One client's connection.
	 */
	private final class Connection {

		private final Socket client;

		private final Socket server;

		// Set while the answer to the chosen request is awaited.
		private volatile @Nullable Fault awaiting;

		Connection(Socket client, Socket server) {
			this.client = client;
			this.server = server;
		}

		void requests() {
			try {
				InputStream in = this.client.getInputStream();
				OutputStream out = this.server.getOutputStream();
				byte[] buffer = new byte[BUFFER_BYTES];
				for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
					byte[] bytes = Arrays.copyOf(buffer, length);
					Fault fault = strike(bytes);
					if (fault != null) {
						if (fault.kind == Kind.CUT_BEFORE) {
							fault.struck.countDown();
							break;
						}
						if (fault.kind == Kind.CUT_AFTER) {
							this.awaiting = fault;
						}
						fault.struck.countDown();
						if (fault.kind == Kind.HOLD) {
							fault.released.await();
							this.awaiting = fault;
						}
					}
					out.write(bytes);
				}
				// The client hung up. The server still gets what was sent, and a held
				// answer is still awaited.
				if (this.awaiting != null) {
					return;
				}
			}
			catch (IOException ex) {
				// one of both hung up
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			cut();
		}

		void answers() {
			try {
				InputStream in = this.server.getInputStream();
				OutputStream out = this.client.getOutputStream();
				byte[] buffer = new byte[BUFFER_BYTES];
				for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
					Fault fault = this.awaiting;
					if (fault != null) {
						this.awaiting = null;
						fault.passed.countDown();
						if (fault.kind == Kind.CUT_AFTER) {
							break;
						}
					}
					Overwriting overwriting = CuttingProxy.this.overwriting;
					if (overwriting != null) {
						overwriting.apply(buffer, length);
					}
					out.write(buffer, 0, length);
				}
			}
			catch (IOException ex) {
				// one of both hung up
			}
			Fault fault = this.awaiting;
			if (fault != null) {
				fault.passed.countDown();
			}
			cut();
		}

		private void cut() {
			synchronized (CuttingProxy.this) {
				CuttingProxy.this.sockets.remove(this.client);
				CuttingProxy.this.sockets.remove(this.server);
			}
			closeQuietly(this.client);
			closeQuietly(this.server);
		}

	}

}
