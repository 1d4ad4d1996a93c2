package io.kvsqlite.kv.redis;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * Looks at the servers before the first use and with each new connection: turns away
 * those that cannot work, and warns of those that may lose data.
 */
final class RedisServerCheck {

	private static final int LEAST_MAJOR = 6;

	private static final int LEAST_MINOR = 2;

	private static final Logger logger = LoggerFactory.getLogger(RedisServerCheck.class);

	private final RedisServers servers;

	private final byte[] probeKey;

	private final Confirmation confirmation;

	private volatile boolean passed;

	private volatile List<String> warnings = List.of();

	RedisServerCheck(RedisServers servers, byte[] probeKey, Confirmation confirmation) {
		this.servers = servers;
		this.probeKey = probeKey;
		this.confirmation = confirmation;
	}

	/**
	 * Return what was found that may cost data.
	 */
	List<String> warnings() {
		return this.warnings;
	}

	/**
	 * Check the servers behind a new connection. Once they have passed, looking at them
	 * again, for they may be others after a failover, keeps nobody waiting: a master that
	 * is down must not keep its neighbours from being used.
	 */
	CompletionStage<Void> check(RedisLink link) {
		if (this.passed) {
			this.servers.masters(link.connection())
				.thenCompose(this::inspect)
				.thenAccept(this::conclude)
				.whenComplete((done, failure) -> {
					if (failure != null) {
						logger.debug("The servers could not be looked at again", failure);
					}
				});
			return CompletableFuture.completedFuture(null);
		}
		return probe(link).thenCompose((probed) -> this.servers.masters(link.connection()))
			.thenCompose((masters) -> confirm(masters).thenCompose((confirmed) -> inspect(masters)))
			.thenAccept(this::conclude);
	}

	private CompletionStage<Void> probe(RedisLink link) {
		return RedisScript.PROBE.run(link.commands(), new byte[][] { this.probeKey }).handle((reply, failure) -> {
			// a server without room can still be read, and freed by deleting actors
			if (failure == null || RedisFailure.of(failure).kind() == RedisFailure.Kind.FULL) {
				return CompletableFuture.<Void>completedFuture(null);
			}
			return CompletableFuture.<Void>failedFuture(failure);
		}).thenCompose((stage) -> stage);
	}

	private CompletionStage<Void> confirm(List<RedisClusterAsyncCommands<byte[], byte[]>> masters) {
		return CompletableFuture.allOf(masters.stream()
			.map((master) -> this.confirmation.check(master).toCompletableFuture())
			.toArray(CompletableFuture[]::new));
	}

	private CompletionStage<List<Server>> inspect(List<RedisClusterAsyncCommands<byte[], byte[]>> masters) {
		List<CompletableFuture<Server>> found = masters.stream()
			.map((master) -> server(master).toCompletableFuture())
			.toList();
		return CompletableFuture.allOf(found.toArray(CompletableFuture[]::new))
			.thenApply((done) -> found.stream().map(CompletableFuture::join).toList());
	}

	private static CompletionStage<Server> server(RedisClusterAsyncCommands<byte[], byte[]> master) {
		// Managed services and careful ACLs refuse CONFIG, and some INFO.
		CompletionStage<Map<String, String>> info = master.info()
			.handle((text, failure) -> (failure == null) ? parse(text) : Map.of());
		CompletionStage<@Nullable Map<String, String>> save = setting(master, "save");
		return info.thenCombine(save, Server::new);
	}

	private static CompletionStage<@Nullable Map<String, String>> setting(
			RedisClusterAsyncCommands<byte[], byte[]> master, String name) {
		return master.configGet(name).handle((values, failure) -> (failure == null) ? values : null);
	}

	private static Map<String, String> parse(String info) {
		Map<String, String> values = new HashMap<>();
		info.lines().forEach((line) -> {
			int colon = line.indexOf(':');
			if (colon > 0) {
				values.put(line.substring(0, colon), line.substring(colon + 1).trim());
			}
		});
		return values;
	}

	private void conclude(List<Server> found) {
		Set<String> warnings = new LinkedHashSet<>();
		for (Server server : found) {
			requireVersion(server);
			if (server.cluster() && this.servers instanceof RedisServers.Standalone) {
				throw new KvDefiniteException("The Redis server is a node of a Redis Cluster, but is configured as a"
						+ " single server: configure the nodes of the cluster instead");
			}
			server.addWarnings(warnings);
		}
		synchronized (this) {
			warnings.stream()
				.filter((warning) -> !this.warnings.contains(warning))
				.forEach((warning) -> logger.warn("Redis may lose data: {}", warning));
			this.warnings = List.copyOf(warnings);
			this.passed = true;
		}
	}

	private static void requireVersion(Server server) {
		String version = server.info().get("redis_version");
		if (version == null) {
			return;
		}
		String[] parts = version.split("\\.");
		try {
			int major = Integer.parseInt(parts[0]);
			int minor = (parts.length > 1) ? Integer.parseInt(parts[1]) : 0;
			if (major > LEAST_MAJOR || (major == LEAST_MAJOR && minor >= LEAST_MINOR)) {
				return;
			}
		}
		catch (NumberFormatException ex) {
			logger.warn("The Redis server has version '{}', of which it is not known whether it is new enough",
					version);
			return;
		}
		throw new KvDefiniteException("The Redis server has version %s, at least %d.%d is needed".formatted(version,
				LEAST_MAJOR, LEAST_MINOR));
	}

	/**
	 * What a server says of itself.
	 *
	 * @param info the answer to INFO, empty if refused
	 * @param save the answer to CONFIG GET save, {@code null} if refused
	 */
	private record Server(Map<String, String> info, @Nullable Map<String, String> save) {

		boolean cluster() {
			return "cluster".equals(this.info.get("redis_mode"));
		}

		void addWarnings(Set<String> warnings) {
			if (this.info.isEmpty()) {
				warnings.add("INFO was refused, so neither its eviction policy nor its persistence is known");
				return;
			}
			String policy = this.info.get("maxmemory_policy");
			if (policy != null && !policy.equals("noeviction")) {
				warnings.add("its eviction policy is %s; with a memory limit it then throws databases away."
					.formatted(policy) + " Set maxmemory-policy to noeviction");
			}
			if ("0".equals(this.info.get("aof_enabled"))) {
				if (this.save != null && this.save.getOrDefault("save", "").isEmpty()) {
					warnings.add("it keeps nothing on disk: a restart loses all databases." + " Set appendonly to yes");
				}
				else {
					warnings.add("it has no append-only file: a crash loses all commits since its last snapshot."
							+ " Set appendonly to yes");
				}
			}
		}

	}

}
