package io.kvsqlite.testing;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A command to a Redis server, sent over a connection of its own as {@code redis-cli}
 * does. To run {@code redis-cli} in the server's container takes a tenth of a second of
 * the processor's time, which adds up where a server is asked again and again.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">Redis
 * serialization protocol</a>
 */
public final class RedisCommand {

	private static final int TIMEOUT_MILLIS = 10_000;

	private RedisCommand() {
	}

	/**
	 * Send a command and return its reply.
	 * @param port the server's port on this machine
	 * @param command the command and its arguments, separated by spaces
	 * @return the reply, which must be a string or a number
	 * @throws IllegalStateException if the server is not reached, or answers with an
	 * error
	 */
	public static String send(int port, String command) {
		try (Socket socket = new Socket()) {
			socket.setSoTimeout(TIMEOUT_MILLIS);
			socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
			socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
			return reply(command, new DataInputStream(socket.getInputStream()));
		}
		catch (IOException ex) {
			throw new IllegalStateException("'%s' failed at port %d".formatted(command, port), ex);
		}
	}

	private static String reply(String command, DataInputStream in) throws IOException {
		char type = (char) in.readByte();
		String line = line(in);
		return switch (type) {
			case '+', ':' -> line;
			case '$' -> new String(in.readNBytes(Integer.parseInt(line)), StandardCharsets.UTF_8);
			default -> throw new IllegalStateException("'%s' was answered with %s%s".formatted(command, type, line));
		};
	}

	private static String line(DataInputStream in) throws IOException {
		StringBuilder line = new StringBuilder();
		for (int next = in.read(); next != '\r'; next = in.read()) {
			if (next < 0) {
				throw new EOFException();
			}
			line.append((char) next);
		}
		in.readByte();
		return line.toString();
	}

}
