package io.kvsqlite.kv.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;

/**
 * How to reach the servers: what differs between one server, or one that Sentinel
 * watches, and a Cluster.
 *
 * <p>
 * In all of them a command is sent when there is a connection and fails at once when
 * there is none: Lettuce must not keep commands for later, because then no one knows any
 * more whether they were sent. Nor does Lettuce time commands, each with a timer of its
 * own, beside the thread that waits for the answer and does.
 */
sealed interface RedisServers {

	TimeoutOptions NO_TIMEOUTS = TimeoutOptions.builder().timeoutCommands(false).build();

	/**
	 * Make a new connection.
	 */
	CompletionStage<? extends StatefulConnection<byte[], byte[]>> connect();

	/**
	 * Return the commands of a connection that {@link #connect()} made.
	 */
	RedisClusterAsyncCommands<byte[], byte[]> commands(StatefulConnection<byte[], byte[]> connection);

	/**
	 * Do something with the very connection on which commands for a key go out.
	 */
	<T> CompletionStage<T> onNode(StatefulConnection<byte[], byte[]> connection, byte[] key,
			BiFunction<StatefulConnection<byte[], byte[]>, RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> work);

	/**
	 * Return the commands of each master.
	 */
	CompletionStage<List<RedisClusterAsyncCommands<byte[], byte[]>>> masters(
			StatefulConnection<byte[], byte[]> connection);

	/**
	 * Return whether a connection that broke is of no use any more, so that another must
	 * be made.
	 */
	boolean replacesBrokenConnections();

	/**
	 * Find out anew who is master of what.
	 */
	void refresh();

	/**
	 * Shut the client down, with its threads.
	 */
	void shutdown();

	/**
	 * One server. With Sentinel, each new connection asks who the master is.
	 */
	record Standalone(RedisClient client, RedisURI uri) implements RedisServers {

		public Standalone {
			client.setOptions(client.getOptions()
				.mutate()
				.autoReconnect(false)
				.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
				.timeoutOptions(NO_TIMEOUTS)
				.build());
		}

		@Override
		public CompletionStage<? extends StatefulConnection<byte[], byte[]>> connect() {
			return this.client.connectAsync(ByteArrayCodec.INSTANCE, this.uri);
		}

		@Override
		public RedisClusterAsyncCommands<byte[], byte[]> commands(StatefulConnection<byte[], byte[]> connection) {
			return ((StatefulRedisConnection<byte[], byte[]>) connection).async();
		}

		@Override
		public <T> CompletionStage<T> onNode(StatefulConnection<byte[], byte[]> connection, byte[] key,
				BiFunction<StatefulConnection<byte[], byte[]>, RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> work) {
			return work.apply(connection, commands(connection));
		}

		@Override
		public CompletionStage<List<RedisClusterAsyncCommands<byte[], byte[]>>> masters(
				StatefulConnection<byte[], byte[]> connection) {
			return CompletableFuture.completedFuture(List.of(commands(connection)));
		}

		@Override
		public boolean replacesBrokenConnections() {
			return true;
		}

		@Override
		public void refresh() {
			// the next connection asks Sentinel
		}

		@Override
		public void shutdown() {
			this.client.shutdown();
		}

	}

	/**
	 * A Cluster. Lettuce keeps one connection a node behind each of ours, and connects
	 * them again by itself.
	 */
	record Cluster(RedisClusterClient client) implements RedisServers {

		private static final Duration REFRESH_PERIOD = Duration.ofSeconds(15);

		public Cluster {
			ClusterClientOptions options = (ClusterClientOptions) client.getOptions();
			ClusterTopologyRefreshOptions refresh = options.getTopologyRefreshOptions();
			if (refresh == null || !refresh.isPeriodicRefreshEnabled()) {
				refresh = ClusterTopologyRefreshOptions.builder().enablePeriodicRefresh(REFRESH_PERIOD).build();
			}
			client.setOptions(options.mutate()
				.autoReconnect(true)
				.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
				.timeoutOptions(NO_TIMEOUTS)
				.topologyRefreshOptions(refresh)
				.build());
		}

		@Override
		public CompletionStage<? extends StatefulConnection<byte[], byte[]>> connect() {
			return this.client.connectAsync(ByteArrayCodec.INSTANCE).thenApply((connection) -> {
				// a replica may be behind, and a commit number it does not know yet looks
				// like one that was lost
				connection.setReadFrom(ReadFrom.UPSTREAM);
				return connection;
			});
		}

		@Override
		public RedisClusterAsyncCommands<byte[], byte[]> commands(StatefulConnection<byte[], byte[]> connection) {
			return cluster(connection).async();
		}

		@Override
		public <T> CompletionStage<T> onNode(StatefulConnection<byte[], byte[]> connection, byte[] key,
				BiFunction<StatefulConnection<byte[], byte[]>, RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> work) {
			RedisClusterNode master = cluster(connection).getPartitions().getMasterBySlot(SlotHash.getSlot(key));
			if (master == null) {
				return CompletableFuture
					.failedFuture(new RedisConnectionException("No master is known for the key's slot"));
			}
			return cluster(connection).getConnectionAsync(master.getNodeId())
				.thenCompose((node) -> work.apply(node, node.async()));
		}

		@Override
		public CompletionStage<List<RedisClusterAsyncCommands<byte[], byte[]>>> masters(
				StatefulConnection<byte[], byte[]> connection) {
			List<CompletableFuture<StatefulRedisConnection<byte[], byte[]>>> nodes = cluster(connection).getPartitions()
				.stream()
				.filter((node) -> node.getRole().isUpstream() && !node.getSlots().isEmpty())
				.map((node) -> cluster(connection).getConnectionAsync(node.getNodeId()))
				.toList();
			return CompletableFuture.allOf(nodes.toArray(CompletableFuture[]::new))
				.thenApply((done) -> nodes.stream()
					.<RedisClusterAsyncCommands<byte[], byte[]>>map((node) -> node.join().async())
					.toList());
		}

		@Override
		public boolean replacesBrokenConnections() {
			return false;
		}

		@Override
		public void refresh() {
			this.client.refreshPartitionsAsync();
		}

		@Override
		public void shutdown() {
			this.client.shutdown();
		}

		private static StatefulRedisClusterConnection<byte[], byte[]> cluster(
				StatefulConnection<byte[], byte[]> connection) {
			return (StatefulRedisClusterConnection<byte[], byte[]>) connection;
		}

	}

}
