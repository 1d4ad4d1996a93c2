package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * What a change must wait for after it was applied: replicas that have it (WAIT), or that
 * have it on disk, as has the server itself (WAITAOF). Both are about what was changed on
 * the same connection before, and take a round trip of their own.
 *
 * @param replicas how many replicas must confirm, 0 for none
 * @param onDisk whether the server and those replicas must have it in their append-only
 * files, synchronized to disk
 * @param timeout how long the server waits
 */
record Confirmation(int replicas, boolean onDisk, Duration timeout) {

	/**
	 * Return whether there is nothing to wait for.
	 */
	boolean none() {
		return this.replicas == 0 && !this.onDisk;
	}

	/**
	 * Wait until what was changed on a connection is confirmed.
	 * @param commands the connection on which it was changed
	 * @return fails with {@link UnconfirmedException} whatever goes wrong once the server
	 * was reached: it is applied, and no refusal of the waiting says otherwise
	 */
	CompletionStage<Void> await(RedisClusterAsyncCommands<byte[], byte[]> commands) {
		CompletionStage<Void> confirmed = this.onDisk ? waitAof(commands, this.timeout).thenAccept(this::requireOnDisk)
				: commands.waitForReplication(this.replicas, this.timeout.toMillis())
					.thenAccept((found) -> require(found, this.replicas, "replicas"));
		return confirmed.handle((done, failure) -> {
			if (failure == null) {
				return CompletableFuture.<Void>completedFuture(null);
			}
			RedisFailure reason = RedisFailure.of(failure);
			if (reason.cause() instanceof UnconfirmedException unconfirmed) {
				return CompletableFuture.<Void>failedFuture(unconfirmed);
			}
			return CompletableFuture.<Void>failedFuture(new UnconfirmedException(
					"it could not be confirmed: %s".formatted(reason.reason()), reason.cause()));
		}).thenCompose((stage) -> stage);
	}

	/**
	 * Find out whether a server can confirm at all, before the first change.
	 * @param commands a connection to the server
	 * @return fails with {@link KvDefiniteException} if it cannot
	 */
	CompletionStage<Void> check(RedisClusterAsyncCommands<byte[], byte[]> commands) {
		if (!this.onDisk) {
			return CompletableFuture.completedFuture(null);
		}
		// Nothing was changed on this connection, or it is there already; a millisecond
		// is enough, and what is found does not matter.
		return waitAof(commands, Duration.ofMillis(1)).handle((found, failure) -> {
			if (failure == null) {
				return CompletableFuture.<Void>completedFuture(null);
			}
			RedisFailure reason = RedisFailure.of(failure);
			if (reason.cause() instanceof RedisCommandExecutionException) {
				return CompletableFuture.<Void>failedFuture(new KvDefiniteException(
						"Redis cannot wait until a write is on disk: %s. That takes Redis 7.2"
							.formatted(reason.reason()) + " or later with appendonly yes, and the right to use WAITAOF",
						reason.cause()));
			}
			return CompletableFuture.<Void>failedFuture(failure);
		}).thenCompose((stage) -> stage);
	}

	private CompletionStage<List<Object>> waitAof(RedisClusterAsyncCommands<byte[], byte[]> commands,
			Duration timeout) {
		return commands.dispatch(WaitAof.KEYWORD, new ArrayOutput<>(ByteArrayCodec.INSTANCE),
				new CommandArgs<>(ByteArrayCodec.INSTANCE).add(1).add(this.replicas).add(timeout.toMillis()));
	}

	private void requireOnDisk(List<Object> found) {
		require((Long) found.get(0), 1, "append-only files of the server");
		require((Long) found.get(1), this.replicas, "append-only files of replicas");
	}

	private static void require(long found, int wanted, String whom) {
		if (found < wanted) {
			throw new UnconfirmedException("%d of %d %s confirmed it in time".formatted(found, wanted, whom));
		}
	}

	/**
	 * A command that Lettuce has no method for.
	 */
	private static final class WaitAof implements ProtocolKeyword {

		static final WaitAof KEYWORD = new WaitAof();

		private static final String NAME = "WAITAOF";

		@Override
		public byte[] getBytes() {
			return NAME.getBytes(StandardCharsets.US_ASCII);
		}

		@Override
		public String toString() {
			return NAME;
		}

	}

}
