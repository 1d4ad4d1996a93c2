package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvCorruptionException;

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

		Commit next(byte[] fence) {
			String number = Long.toString(number() + 1) + ':';
			byte[] prefix = number.getBytes(StandardCharsets.US_ASCII);
			byte[] next = Arrays.copyOf(prefix, prefix.length + fence.length);
			System.arraycopy(fence, 0, next, prefix.length, fence.length);
			return new Commit(next);
		}

		long number() {
			if (this.bytes.length == 0) {
				return 0;
			}
			String text = new String(this.bytes, StandardCharsets.US_ASCII);
			return Long.parseLong(text.substring(0, text.indexOf(':')));
		}

	}

}
