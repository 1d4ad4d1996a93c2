package io.kvsqlite.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ServerContainer}.
 */
@RequiresDocker
class ServerContainerTests {

	@Test
	void restartWhenRedisWasKilledShouldKeepAddressAndFiles() throws IOException {
		try (ServerContainer redis = ServerContainer.redis("--appendonly", "yes", "--appendfsync", "always")) {
			redis.start();
			assertThat(ask(redis, "SET a b")).isEqualTo("+OK");
			redis.killServer();
			redis.restartServer();
			Awaitility.await()
				.atMost(Duration.ofMinutes(1))
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(ask(redis, "STRLEN a")).isEqualTo(":1"));
		}
	}

	@Test
	void startWhenPostgresqlShouldListen() throws IOException {
		try (ServerContainer postgresql = ServerContainer.postgresql()) {
			postgresql.start();
			try (Socket socket = new Socket(postgresql.getHost(), postgresql.port())) {
				// an SSLRequest: a server without certificates answers N
				socket.getOutputStream().write(new byte[] { 0, 0, 0, 8, 4, (byte) 210, 22, 47 });
				assertThat(socket.getInputStream().read()).isEqualTo('N');
			}
		}
	}

	private static String ask(ServerContainer redis, String command) throws IOException {
		try (Socket socket = new Socket(redis.getHost(), redis.port())) {
			socket.setSoTimeout(2000);
			socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
			return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
				.readLine();
		}
	}

}
