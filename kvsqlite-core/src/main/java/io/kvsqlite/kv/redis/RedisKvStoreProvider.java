package io.kvsqlite.kv.redis;

import java.util.Arrays;
import java.util.List;

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

	@Override
	public boolean accepts(KvStoreUrl url) {
		return SCHEMES.contains(url.scheme());
	}

	@Override
	public KvStore open(KvStoreUrl url, boolean create) {
		KvStoreUrl own = url.without(KEY_PREFIX);
		RedisKvStore.Builder builder;
		if (url.scheme().equals(CLUSTER)) {
			List<RedisURI> nodes = Arrays.stream(own.location().replaceFirst("^//", "").split(","))
				.map((node) -> RedisURI.create("redis://" + node))
				.toList();
			builder = RedisKvStore.cluster(nodes);
		}
		else {
			builder = RedisKvStore.standalone(RedisURI.create(own.toUrl()));
		}
		String prefix = url.parameter(KEY_PREFIX);
		return ((prefix != null) ? builder.keyPrefix(prefix) : builder).build();
	}

}
