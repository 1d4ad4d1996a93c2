package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvFoundOwner;

/**
 * A script's answer: its first element says how it ended.
 *
 * @param elements the elements
 */
record RedisReply(List<Object> elements) {

	/**
	 * Return whether the script ended in this way.
	 * @param status a word of the script, in ASCII
	 */
	boolean is(String status) {
		return bytes(0).length == status.length() && text(0).equals(status);
	}

	byte[] bytes(int index) {
		return (byte[]) this.elements.get(index);
	}

	String text(int index) {
		return new String(bytes(index), StandardCharsets.UTF_8);
	}

	long number(int index) {
		return (Long) this.elements.get(index);
	}

	List<?> list(int index) {
		return (List<?>) this.elements.get(index);
	}

	/**
	 * Return values that were answered in batches.
	 * @param from the first batch
	 * @param count how many values there are
	 */
	byte[] @Nullable [] values(int from, int count) {
		byte[] @Nullable [] values = new byte[count][];
		int next = 0;
		for (int i = from; i < this.elements.size(); i++) {
			for (Object value : list(i)) {
				values[next++] = (byte[]) value;
			}
		}
		return values;
	}

	/**
	 * Fail if the script found a key that is none of ours.
	 */
	RedisReply requireOurs(String actorId) {
		if (is("foreign")) {
			throw new KvCorruptionException(
					("Key '%s' of Redis, where the data of actor '%s' should be, is a %s that was"
							+ " not written by kvsqlite. It was left as it is; does something else use this key prefix?")
						.formatted(text(1), actorId, text(2)));
		}
		return this;
	}

	/**
	 * The record of a commit: its number and the fence of the session that made it, which
	 * together are like those of no other commit of this actor, whatever was lost or
	 * deleted before. Empty when there was none.
	 *
	 * @param bytes as it is stored
	 */
	record Commit(byte[] bytes) {

		static final Commit NONE = new Commit(new byte[0]);

		static Commit of(KvCommit commit) {
			return (commit.number() == 0) ? NONE
					: new Commit((commit.number() + ":" + commit.writer()).getBytes(StandardCharsets.US_ASCII));
		}

		/**
		 * Return what the record says.
		 * @throws KvCorruptionException if it is none
		 */
		KvCommit identity(String actorId) {
			if (this.bytes.length == 0) {
				return KvCommit.NONE;
			}
			String text = new String(this.bytes, StandardCharsets.US_ASCII);
			int colon = text.indexOf(':');
			try {
				return new KvCommit(Long.parseLong(text.substring(0, Math.max(0, colon))),
						KvFence.of(text.substring(colon + 1)));
			}
			catch (IllegalArgumentException ex) {
				throw new KvCorruptionException(
						"The commit record of actor '%s' in Redis is not one: '%s'".formatted(actorId, text), ex);
			}
		}

	}

	/**
	 * Return what the actor's owner record has, where a script answered lost or moved.
	 */
	KvFoundOwner found(String actorId, KvFence fence, long epoch) {
		if (is("moved")) {
			return new KvFoundOwner(fence, epoch, new Commit(bytes(1)).identity(actorId));
		}
		String current = text(3);
		return new KvFoundOwner(current.isEmpty() ? KvFence.NONE : KvFence.of(current),
				text(1).isEmpty() ? Long.MAX_VALUE : Long.parseLong(text(1)), new Commit(bytes(2)).identity(actorId));
	}

}
