package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.lettuce.core.SetArgs;

import io.kvsqlite.kv.OwnerLease;

/**
 * Keeps owners' leases in Redis: a key each, with a time to live.
 */
final class RedisLease implements OwnerLease.Renewal {

	private final RedisCaller caller;

	private final RedisKeys keys;

	private final Duration timeout;

	RedisLease(RedisCaller caller, RedisKeys keys, Duration timeout) {
		this.caller = caller;
		this.keys = keys;
		this.timeout = timeout;
	}

	/**
	 * Record the lease, or prolong it. What is there is prolonged in a way that needs no
	 * memory: Redis refuses {@code SET} when it is out of it, and all owners would lose
	 * their leases at once.
	 */
	@Override
	public void renew(String id, String name, Duration duration) {
		boolean prolonged = this.caller.read("renew the lease of owner '%s'".formatted(name), 0, this.timeout,
				(link) -> link.commands().pexpire(this.keys.lease(id), duration.toMillis()));
		if (!prolonged) {
			record(id, name, duration);
		}
	}

	private void record(String id, String name, Duration duration) {
		this.caller.read("record the lease of owner '%s'".formatted(name), 0, this.timeout, (link) -> link.commands()
			.set(this.keys.lease(id), name.getBytes(StandardCharsets.UTF_8), SetArgs.Builder.px(duration.toMillis())));
	}

	@Override
	public void end(String id) {
		this.caller.read("end the lease", 0, this.timeout, (link) -> link.commands().del(this.keys.lease(id)));
	}

	/**
	 * Return whether an owner's lease has not ended.
	 */
	boolean lives(String id) {
		return this.caller.read("read a lease", 0, this.timeout,
				(link) -> link.commands().exists(this.keys.lease(id))) > 0;
	}

}
