package io.kvsqlite.spring.autoconfigure;

import java.util.List;

import io.kvsqlite.kv.redis.RedisKvStore;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.util.StringUtils;

/**
 * A Lettuce client for the store alone, which needs other options than an application's,
 * made from Spring Boot's connection details. Connects to nothing by itself.
 */
final class RedisStoreClient implements AutoCloseable {

	private final AbstractRedisClient client;

	private final List<RedisURI> uris;

	RedisStoreClient(DataRedisConnectionDetails details, @Nullable ClientResources resources) {
		this.uris = uris(details);
		SslBundle ssl = details.getSslBundle();
		if (details.getCluster() != null) {
			RedisClusterClient cluster = (resources != null) ? RedisClusterClient.create(resources, this.uris)
					: RedisClusterClient.create(this.uris);
			if (ssl != null) {
				cluster.setOptions(ClusterClientOptions.builder().sslOptions(sslOptions(ssl)).build());
			}
			this.client = cluster;
		}
		else {
			RedisClient single = (resources != null) ? RedisClient.create(resources) : RedisClient.create();
			if (ssl != null) {
				single.setOptions(ClientOptions.builder().sslOptions(sslOptions(ssl)).build());
			}
			this.client = single;
		}
	}

	/**
	 * Return where the details lead to: a server, the Sentinels that know it, or nodes of
	 * a Cluster.
	 */
	static List<RedisURI> uris(DataRedisConnectionDetails details) {
		if (details.getMasterReplica() != null) {
			throw Rule.violated("spring.data.redis.masterreplica.nodes", details.getMasterReplica().getNodes(),
					"kvsqlite must write to the one master: it needs a single server, Sentinel or a Cluster");
		}
		DataRedisConnectionDetails.Cluster cluster = details.getCluster();
		if (cluster != null) {
			return cluster.getNodes().stream().map((node) -> uri(details, node)).toList();
		}
		DataRedisConnectionDetails.Sentinel sentinel = details.getSentinel();
		if (sentinel != null) {
			return List.of(uri(details, sentinel));
		}
		DataRedisConnectionDetails.Standalone standalone = details.getStandalone();
		if (standalone == null) {
			throw new IllegalStateException("The connection details for Redis name no server");
		}
		RedisURI uri = uri(details, new Node(standalone.getHost(), standalone.getPort()));
		uri.setDatabase(standalone.getDatabase());
		return List.of(uri);
	}

	private static RedisURI uri(DataRedisConnectionDetails details, Node node) {
		return builder(details.getUsername(), details.getPassword(), details.getSslBundle() != null)
			.withHost(node.host())
			.withPort(node.port())
			.build();
	}

	private static RedisURI uri(DataRedisConnectionDetails details, DataRedisConnectionDetails.Sentinel sentinel) {
		boolean ssl = details.getSslBundle() != null;
		RedisURI.Builder builder = builder(details.getUsername(), details.getPassword(), ssl)
			.withSentinelMasterId(sentinel.getMaster())
			.withDatabase(sentinel.getDatabase());
		for (Node node : sentinel.getNodes()) {
			builder.withSentinel(builder(sentinel.getUsername(), sentinel.getPassword(), ssl).withHost(node.host())
				.withPort(node.port())
				.build());
		}
		return builder.build();
	}

	private static RedisURI.Builder builder(@Nullable String username, @Nullable String password, boolean ssl) {
		RedisURI.Builder builder = RedisURI.builder().withSsl(ssl);
		if (StringUtils.hasText(username) && password != null) {
			builder.withAuthentication(username, password);
		}
		else if (StringUtils.hasText(password)) {
			builder.withPassword(password.toCharArray());
		}
		return builder;
	}

	private static SslOptions sslOptions(SslBundle bundle) {
		SslManagerBundle managers = bundle.getManagers();
		SslOptions.Builder builder = SslOptions.builder()
			.keyManager(managers.getKeyManagerFactory())
			.trustManager(managers.getTrustManagerFactory());
		String[] ciphers = bundle.getOptions().getCiphers();
		if (ciphers != null) {
			builder.cipherSuites(ciphers);
		}
		String[] protocols = bundle.getOptions().getEnabledProtocols();
		if (protocols != null) {
			builder.protocols(protocols);
		}
		return builder.build();
	}

	/**
	 * Start to build a store on this client.
	 */
	RedisKvStore.Builder storeBuilder() {
		return (this.client instanceof RedisClusterClient cluster) ? RedisKvStore.cluster(cluster)
				: RedisKvStore.standalone((RedisClient) this.client, this.uris.get(0));
	}

	@Override
	public void close() {
		this.client.shutdown();
	}

}
