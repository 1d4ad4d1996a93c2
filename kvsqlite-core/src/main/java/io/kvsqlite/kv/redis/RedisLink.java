package io.kvsqlite.kv.redis;

import java.util.concurrent.CompletableFuture;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;

/**
 * One connection that many threads share. A link that is retired takes no new work, and
 * closes when the work under way is done: what others wait for on it is not cut off.
 */
final class RedisLink {

	private final StatefulConnection<byte[], byte[]> connection;

	private final RedisClusterAsyncCommands<byte[], byte[]> commands;

	private final CompletableFuture<Void> closed = new CompletableFuture<>();

	private int users;

	private boolean retired;

	RedisLink(StatefulConnection<byte[], byte[]> connection, RedisClusterAsyncCommands<byte[], byte[]> commands) {
		this.connection = connection;
		this.commands = commands;
	}

	StatefulConnection<byte[], byte[]> connection() {
		return this.connection;
	}

	RedisClusterAsyncCommands<byte[], byte[]> commands() {
		return this.commands;
	}

	/**
	 * Begin to use this link.
	 * @return whether it takes work
	 */
	synchronized boolean acquire() {
		if (this.retired) {
			return false;
		}
		this.users++;
		return true;
	}

	synchronized void release() {
		this.users--;
		closeWhenIdle();
	}

	/**
	 * Take no more work.
	 * @return completes when the connection is closed
	 */
	synchronized CompletableFuture<Void> retire() {
		if (!this.retired) {
			this.retired = true;
			closeWhenIdle();
		}
		return this.closed;
	}

	private void closeWhenIdle() {
		if (this.retired && this.users == 0) {
			this.connection.closeAsync().whenComplete((done, failure) -> this.closed.complete(null));
		}
	}

}
