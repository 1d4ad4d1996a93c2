package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.KeyValue;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvWrite;

/**
 * The calls to Redis that are about one actor. Each is one script or one command, and so
 * one atomic step and one round trip, on the actor's slot and on the connection that its
 * id chooses. Those that change something then wait for the {@link Confirmation} that was
 * asked for.
 */
final class RedisActorCalls {

	private final RedisCaller caller;

	private final RedisServers servers;

	private final RedisKeys keys;

	private final Confirmation confirmation;

	private final Duration timeout;

	RedisActorCalls(RedisCaller caller, RedisServers servers, RedisKeys keys, Confirmation confirmation,
			Duration timeout) {
		this.caller = caller;
		this.servers = servers;
		this.keys = keys;
		this.confirmation = confirmation;
		this.timeout = timeout;
	}

	/**
	 * Take an actor, and read some of its keys.
	 * @param takeOver the fence of a dead owner who may be replaced; none if empty
	 * @throws KvIndeterminateException if it may have been taken
	 */
	RedisReply open(String actorId, RedisKeys.Actor actor, String ownerId, String ownerName, byte[] fence,
			byte[] takeOver, byte[][] keys) {
		byte[][] arguments = new byte[keys.length + 4][];
		arguments[0] = utf8(ownerId);
		arguments[1] = utf8(ownerName);
		arguments[2] = fence;
		arguments[3] = takeOver;
		System.arraycopy(keys, 0, arguments, 4, keys.length);
		return change("open actor '" + actorId + "'", RedisScript.OPEN, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.epochs() }, arguments);
	}

	/**
	 * Read keys for a session, or for a snapshot, which has no fence.
	 */
	RedisReply read(String actorId, RedisKeys.Actor actor, byte[] fence, RedisReply.Commit commit, byte[][] keys) {
		byte[][] arguments = new byte[keys.length + 2][];
		arguments[0] = fence;
		arguments[1] = commit.bytes();
		System.arraycopy(keys, 0, arguments, 2, keys.length);
		return look(actorId, actor, RedisScript.READ, new byte[][] { actor.owner(), actor.values() }, arguments);
	}

	/**
	 * List keys for a snapshot.
	 */
	RedisReply keys(String actorId, RedisKeys.Actor actor, RedisReply.Commit commit, byte[] begin, int limit) {
		return look(actorId, actor, RedisScript.KEYS, new byte[][] { actor.owner(), actor.order() }, commit.bytes(),
				begin, RedisKeys.number(limit));
	}

	/**
	 * Count some keys and the bytes of their values.
	 */
	RedisReply size(String actorId, RedisKeys.Actor actor, byte[] begin, int limit) {
		return look(actorId, actor, RedisScript.SIZE, new byte[][] { actor.values(), actor.order() }, begin,
				RedisKeys.number(limit));
	}

	/**
	 * Return the commit record of an actor, {@code null} if it has none.
	 */
	byte @Nullable [] commit(String actorId, RedisKeys.Actor actor) {
		return this.caller.read("read actor '" + actorId + "'", spread(actor), this.timeout,
				(link) -> link.commands().hget(actor.owner(), utf8("commit")));
	}

	/**
	 * Return an actor's epoch, commit record, owner's id and owner's name.
	 */
	List<KeyValue<byte[], byte[]>> ownerRecord(String actorId, RedisKeys.Actor actor) {
		return this.caller.read("read actor '" + actorId + "'", spread(actor), this.timeout, (link) -> link.commands()
			.hmget(actor.owner(), utf8("epoch"), utf8("commit"), utf8("owner"), utf8("name")));
	}

	/**
	 * Apply a write that follows one commit and makes the next.
	 * @throws KvIndeterminateException if it may have been applied
	 */
	RedisReply write(String actorId, RedisKeys.Actor actor, byte[] fence, RedisReply.Commit commit,
			RedisReply.Commit next, KvWrite write) {
		RedisWriteArguments arguments = new RedisWriteArguments();
		write.forEach(arguments);
		return change("write to actor '" + actorId + "'", RedisScript.WRITE, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.actors() },
				arguments.toArray(fence, commit.bytes(), next.bytes(), actor.id()));
	}

	/**
	 * Delete an actor.
	 * @throws KvIndeterminateException if it may have been deleted
	 */
	RedisReply delete(String actorId, RedisKeys.Actor actor, boolean force, byte[] takeOver) {
		return change("delete actor '%s'".formatted(actorId), RedisScript.DELETE, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.actors() }, actor.id(),
				RedisKeys.number(force ? 1 : 0), takeOver);
	}

	/**
	 * Delete an actor if it is still owned by this fence.
	 * @throws KvIndeterminateException if it may have been deleted
	 */
	RedisReply deleteOwned(String actorId, RedisKeys.Actor actor, byte[] fence) {
		String what = "delete actor '%s'".formatted(actorId);
		byte[][] names = { actor.owner(), actor.values(), actor.order(), actor.actors(), actor.epochs() };
		RedisReply reply = new RedisReply(this.caller.write(what, spread(actor), this.timeout,
				(link, repeated) -> send(link, RedisScript.DELETE_OWNED, actor, names, fence, actor.id(),
						RedisKeys.number(repeated ? 1 : 0))));
		if (reply.is("unknown")) {
			throw new KvIndeterminateException(
					"It is not known whether Redis did %s: another owner has the actor now".formatted(what));
		}
		return reply;
	}

	/**
	 * Give an actor up, if it is still owned by this fence.
	 */
	void release(String actorId, RedisKeys.Actor actor, byte[] fence) {
		this.caller.read("release actor '%s'".formatted(actorId), spread(actor), this.timeout,
				(link) -> RedisScript.RELEASE.run(link.commands(), new byte[][] { actor.owner() }, fence));
	}

	/**
	 * Make sure that the server behind an actor's slot takes writes.
	 */
	void probe(String actorId, RedisKeys.Actor actor, String ownerId) {
		byte[][] names = { this.keys.probe(RedisKeys.bucket(actor.id()), ownerId) };
		this.caller.read("find the master of actor '%s'".formatted(actorId), spread(actor), this.timeout,
				(link) -> RedisScript.PROBE.run(link.commands(), names));
	}

	private RedisReply look(String actorId, RedisKeys.Actor actor, RedisScript script, byte[][] names,
			byte[]... arguments) {
		return new RedisReply(this.caller.read("read actor '" + actorId + "'", spread(actor), this.timeout,
				(link) -> script.run(link.commands(), names, arguments)));
	}

	private RedisReply change(String what, RedisScript script, RedisKeys.Actor actor, byte[][] names,
			byte[]... arguments) {
		return new RedisReply(this.caller.write(what, spread(actor), this.timeout,
				(link) -> send(link, script, actor, names, arguments)));
	}

	private CompletionStage<List<Object>> send(RedisLink link, RedisScript script, RedisKeys.Actor actor,
			byte[][] names, byte[]... arguments) {
		if (this.confirmation.none()) {
			return script.run(link.commands(), names, arguments);
		}
		return this.servers.onNode(link.connection(), actor.owner(), (node,
				commands) -> script.run(commands, names, arguments).thenCompose((reply) -> confirm(commands, reply)));
	}

	private CompletionStage<List<Object>> confirm(RedisClusterAsyncCommands<byte[], byte[]> commands,
			List<Object> reply) {
		if (!new RedisReply(reply).is("ok")) {
			return CompletableFuture.completedFuture(reply);
		}
		return this.confirmation.await(commands).thenApply((confirmed) -> reply);
	}

	private static int spread(RedisKeys.Actor actor) {
		return Arrays.hashCode(actor.id());
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
