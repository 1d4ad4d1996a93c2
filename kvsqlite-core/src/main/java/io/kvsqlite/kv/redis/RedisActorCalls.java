package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

import io.lettuce.core.KeyValue;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvFence;
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
	Answer open(String actorId, RedisKeys.Actor actor, String ownerId, String ownerName, KvFence fence, byte[] takeOver,
			byte[][] keys) {
		byte[][] arguments = new byte[keys.length + 4][];
		arguments[0] = utf8(ownerId);
		arguments[1] = utf8(ownerName);
		arguments[2] = bytes(fence);
		arguments[3] = takeOver;
		System.arraycopy(keys, 0, arguments, 4, keys.length);
		return change("open actor '" + actorId + "'", RedisScript.OPEN, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.epochs() }, arguments);
	}

	/**
	 * Read keys for a session, or for a snapshot, which has no fence.
	 */
	RedisReply read(String actorId, RedisKeys.Actor actor, KvFence fence, KvCommit commit, byte[][] keys) {
		byte[][] arguments = new byte[keys.length + 2][];
		arguments[0] = bytes(fence);
		arguments[1] = RedisReply.Commit.of(commit).bytes();
		System.arraycopy(keys, 0, arguments, 2, keys.length);
		return look(actorId, actor, RedisScript.READ, new byte[][] { actor.owner(), actor.values() }, arguments);
	}

	/**
	 * List keys for a snapshot.
	 */
	RedisReply keys(String actorId, RedisKeys.Actor actor, KvCommit commit, byte[] begin, int limit) {
		return look(actorId, actor, RedisScript.KEYS, new byte[][] { actor.owner(), actor.order() },
				RedisReply.Commit.of(commit).bytes(), begin, RedisKeys.number(limit));
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
	RedisReply write(String actorId, RedisKeys.Actor actor, KvFence fence, KvCommit commit, KvCommit next,
			KvWrite write) {
		RedisWriteArguments arguments = new RedisWriteArguments();
		write.forEach(arguments);
		String what = "write to actor '" + actorId + "'";
		return change(what, RedisScript.WRITE, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.actors() },
				arguments.toArray(bytes(fence), RedisReply.Commit.of(commit).bytes(),
						RedisReply.Commit.of(next).bytes(), actor.id()))
			.settled(what);
	}

	/**
	 * Delete an actor.
	 * @return the answer, and whether an earlier attempt may have deleted it
	 * @throws KvIndeterminateException if it may have been deleted
	 */
	Answer delete(String actorId, RedisKeys.Actor actor, boolean force, byte[] takeOver) {
		String what = "delete actor '%s'".formatted(actorId);
		Answer answer = change(what, RedisScript.DELETE, actor,
				new byte[][] { actor.owner(), actor.values(), actor.order(), actor.actors() }, actor.id(),
				RedisKeys.number(force ? 1 : 0), takeOver);
		answer.settled(what);
		return answer;
	}

	/**
	 * Delete an actor if it is still owned by this fence.
	 * @throws KvIndeterminateException if it may have been deleted
	 */
	RedisReply deleteOwned(String actorId, RedisKeys.Actor actor, KvFence fence) {
		String what = "delete actor '%s'".formatted(actorId);
		byte[][] names = { actor.owner(), actor.values(), actor.order(), actor.actors(), actor.epochs() };
		return change(what, actor, (link, repeated) -> send(link, RedisScript.DELETE_OWNED, actor, names, bytes(fence),
				actor.id(), RedisKeys.number(repeated ? 1 : 0)))
			.settled(what);
	}

	/**
	 * Give an actor up, if it is still owned by this fence.
	 */
	void release(String actorId, RedisKeys.Actor actor, KvFence fence) {
		this.caller.read("release actor '%s'".formatted(actorId), spread(actor), this.timeout,
				(link) -> release(link, actor, fence));
	}

	/**
	 * Give an actor up, over one connection and without waiting.
	 */
	CompletionStage<List<Object>> release(RedisLink link, RedisKeys.Actor actor, KvFence fence) {
		return RedisScript.RELEASE.run(link.commands(), new byte[][] { actor.owner() }, bytes(fence));
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

	private Answer change(String what, RedisScript script, RedisKeys.Actor actor, byte[][] names, byte[]... arguments) {
		return change(what, actor, (link, repeated) -> send(link, script, actor, names, arguments));
	}

	private Answer change(String what, RedisKeys.Actor actor,
			BiFunction<RedisLink, Boolean, CompletionStage<List<Object>>> attempt) {
		AtomicBoolean repeated = new AtomicBoolean();
		List<Object> reply = this.caller.write(what, spread(actor), this.timeout, (link, again) -> {
			repeated.set(again);
			return attempt.apply(link, again);
		});
		return new Answer(new RedisReply(reply), repeated.get());
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

	private static byte[] bytes(KvFence fence) {
		return fence.equals(KvFence.NONE) ? RedisKvStore.NO_BYTES : utf8(fence.toString());
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * What a script that changes something answered at last.
	 *
	 * @param reply the answer
	 * @param repeated whether an earlier attempt may have been run, or may still be
	 */
	record Answer(RedisReply reply, boolean repeated) {

		/**
		 * Return the answer, if it says what became of the change: where an earlier
		 * attempt may have been run, no refusal does.
		 * @param what the operation, for the message
		 * @throws KvIndeterminateException if it does not
		 */
		RedisReply settled(String what) {
			if (this.repeated && !this.reply.is("ok")) {
				throw new KvIndeterminateException(
						("It is not known whether Redis did %s: asked again, it answered '%s'. So another owner has the actor,"
								+ " or Redis went back in time")
							.formatted(what, this.reply.text(0)));
			}
			return this.reply;
		}

	}

}
