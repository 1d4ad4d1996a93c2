package io.kvsqlite.sample;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.images.builder.Transferable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The profile {@code redis} with a server that speaks TLS alone and asks for a password,
 * reached by Spring Boot's own properties.
 */
@RequiresDocker
class RedisTlsTests {

	private static final String PASSWORD = "notebooks";

	private static final String SERVER = "server";

	@TempDir
	private Path directory;

	@Test
	void serverShouldBeReachedWhereItsCertificateIsTrustedAndNowhereElse() throws Exception {
		KeyStore trusted = selfSigned("trusted");
		KeyStore other = selfSigned("other");
		try (ServerContainer redis = ServerContainer.redis("--port", "0", "--tls-port", "6379", "--tls-cert-file",
				"/tls/certificate.pem", "--tls-key-file", "/tls/key.pem", "--tls-ca-cert-file", "/tls/certificate.pem",
				"--tls-auth-clients", "no", "--requirepass", PASSWORD)) {
			redis.withCopyToContainer(Transferable.of(certificate(trusted)), "/tls/certificate.pem");
			redis.withCopyToContainer(Transferable.of(privateKey(trusted)), "/tls/key.pem");
			redis.start();
			try (ConfigurableApplicationContext context = start(redis, trusted)) {
				Notebooks notebooks = context.getBean(Notebooks.class);
				notebooks.add(new NotebookName("secret"), "over TLS", "");
				assertThat(notebooks.count(new NotebookName("secret"))).isOne();
			}
			// where the last attempt to connect is cut short, that is the cause
			Awaitility.await()
				.atMost(Duration.ofMinutes(3))
				.untilAsserted(() -> assertThatThrownBy(() -> start(redis, other)).rootCause()
					.isInstanceOf(GeneralSecurityException.class));
		}
	}

	private ConfigurableApplicationContext start(ServerContainer redis, KeyStore trusted) throws Exception {
		Path file = Files.writeString(this.directory.resolve("trusted.pem"), certificate(trusted));
		return new SpringApplicationBuilder(SampleApplication.class).web(WebApplicationType.NONE)
			.run(Stream
				.of("spring.profiles.active=redis", "kvsqlite.store.fail-fast=true", "spring.data.redis.host=localhost",
						"spring.data.redis.port=" + redis.port(), "spring.data.redis.password=" + PASSWORD,
						"spring.data.redis.ssl.bundle=server",
						"spring.ssl.bundle.pem.server.truststore.certificate=" + file.toUri())
				.map("--"::concat)
				.toArray(String[]::new));
	}

	/**
	 * Make a key, and a certificate that it signs itself, with the JDK's own tool.
	 */
	private KeyStore selfSigned(String name) throws Exception {
		Path file = this.directory.resolve(name + ".p12");
		Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
		Process process = new ProcessBuilder(List.of(keytool.toString(), "-genkeypair", "-alias", SERVER, "-keyalg",
				"RSA", "-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12",
				"-storepass", PASSWORD, "-keystore", file.toString()))
			.inheritIO()
			.start();
		assertThat(process.waitFor()).isZero();
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, PASSWORD.toCharArray());
		}
		return store;
	}

	private static String certificate(KeyStore store) throws Exception {
		return pem("CERTIFICATE", store.getCertificate(SERVER).getEncoded());
	}

	private static String privateKey(KeyStore store) throws Exception {
		Key key = store.getKey(SERVER, PASSWORD.toCharArray());
		assertThat(key).isNotNull();
		return pem("PRIVATE KEY", key.getEncoded());
	}

	private static String pem(String type, byte[] bytes) {
		String body = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes);
		return "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(type, body);
	}

}
