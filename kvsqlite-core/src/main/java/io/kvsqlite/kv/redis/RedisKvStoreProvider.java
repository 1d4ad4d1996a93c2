package io.kvsqlite.kv.redis;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreProvider;
import io.kvsqlite.kv.KvStoreUrl;
import io.lettuce.core.RedisURI;

/**
 * Opens what Lettuce's URIs name ({@code redis:}, {@code rediss:},
 * {@code redis-sentinel:}), and a Cluster as {@code redis-cluster://host:port,host:port}.
 * The parameter {@code keyPrefix} is the one of {@link RedisKvStore.Builder}; others are
 * Lettuce's.
 */
public final class RedisKvStoreProvider implements KvStoreProvider {

	private static final String CLUSTER = "redis-cluster";

	private static final List<String> SCHEMES = List.of("redis", "rediss", "redis-sentinel", "rediss-sentinel",
			CLUSTER);

	private static final String KEY_PREFIX = "keyPrefix";

	/**
	 * What Lettuce takes from a URL.
	 */
	private static final Set<String> LETTUCE = Set.of("timeout", "database", "clientName", "libraryName",
			"libraryVersion", "verifyPeer", "sentinelMasterId");

	private static final Pattern HOSTS = Pattern
		.compile("//(?:[^@]*@)?(?:[^:,/\\[\\]]+|\\[[^]]+])(?::\\d{1,5})?(?:,(?:[^:,/\\[\\]]+|\\[[^]]+])(?::\\d{1,5})?)*"
				+ "(?:[/#].*)?");

	@Override
	public boolean accepts(KvStoreUrl url) {
		return SCHEMES.contains(url.scheme());
	}

	@Override
	public KvStore open(KvStoreUrl url, boolean create) {
		KvStoreUrl own = url.without(KEY_PREFIX);
		own.parameters().keySet().stream().filter((name) -> !LETTUCE.contains(name)).findFirst().ifPresent((name) -> {
			throw new IllegalArgumentException("there is no parameter '%s'".formatted(name));
		});
		requireHosts(own.location());
		RedisKvStore.Builder builder;
		if (url.scheme().equals(CLUSTER)) {
			List<RedisURI> nodes = Arrays.stream(own.location().replaceFirst("^//", "").split(","))
				.map((node) -> parse("redis://" + node))
				.toList();
			builder = RedisKvStore.cluster(nodes);
		}
		else {
			builder = RedisKvStore.standalone(parse(own.toUrl()));
		}
		String prefix = url.parameter(KEY_PREFIX);
		return ((prefix != null) ? builder.keyPrefix(prefix) : builder).build();
	}

	/**
	 * Lettuce takes a port that is no number for a part of the host's name.
	 */
	private static void requireHosts(String location) {
		Matcher matcher = HOSTS.matcher(location);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("it must have a host and a port, as in redis://host:6379");
		}
	}

	private static RedisURI parse(String url) {
		try {
			return RedisURI.create(url);
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException("the number of the database is not one", ex);
		}
	}

}
