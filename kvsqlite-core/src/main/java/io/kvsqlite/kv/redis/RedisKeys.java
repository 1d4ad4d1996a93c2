package io.kvsqlite.kv.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

import io.lettuce.core.cluster.SlotHash;

/**
 * The names of the keys in Redis. With the prefix {@code kvsqlite:} they are:
 *
 * <table>
 * <caption>Keys</caption>
 * <tr>
 * <td>{@code kvsqlite:{T}owner:ID}</td>
 * <td>hash: the owner record</td>
 * </tr>
 * <tr>
 * <td>{@code kvsqlite:{T}values:ID}</td>
 * <td>hash: the actor's keys and values, and nothing else</td>
 * </tr>
 * <tr>
 * <td>{@code kvsqlite:{T}order:ID}</td>
 * <td>sorted set: the actor's keys in order</td>
 * </tr>
 * <tr>
 * <td>{@code kvsqlite:{T}actors}</td>
 * <td>sorted set: the ids of the bucket's actors in order</td>
 * </tr>
 * <tr>
 * <td>{@code kvsqlite:{T}epochs}</td>
 * <td>number: no epoch in the bucket is greater</td>
 * </tr>
 * <tr>
 * <td>{@code kvsqlite:lease:UUID}</td>
 * <td>string with a time to live: the name of an owner that is alive</td>
 * </tr>
 * </table>
 *
 * <p>
 * An actor id falls into one of {@value #BUCKETS} buckets, by its CRC-32. T is the
 * bucket's hash tag, so that in a Cluster one slot holds all that one script touches:
 * with the actor also the list it is in, which therefore never disagrees with it. The
 * tags are the least numbers whose slots lie in as many equal parts of the slots. ID is
 * the actor's id as it is; since it stands behind the tag, braces in it mean nothing.
 */
final class RedisKeys {

	/**
	 * The number of buckets. Part of the stored layout: it never changes.
	 */
	static final int BUCKETS = 256;

	private static final byte[][] TAGS = tags();

	private final byte[] prefix;

	RedisKeys(String prefix) {
		if (prefix.indexOf('{') >= 0 || prefix.indexOf('}') >= 0) {
			throw new IllegalArgumentException(
					"The key prefix '%s' must not have braces: they decide where a Redis Cluster keeps a key"
						.formatted(prefix));
		}
		this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[][] tags() {
		byte[][] tags = new byte[BUCKETS][];
		int missing = BUCKETS;
		for (int number = 0; missing > 0; number++) {
			byte[] tag = Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
			int bucket = SlotHash.getSlot(tag) * BUCKETS / SlotHash.SLOT_COUNT;
			if (tags[bucket] == null) {
				tags[bucket] = tag;
				missing--;
			}
		}
		return tags;
	}

	static int bucket(byte[] id) {
		CRC32 crc = new CRC32();
		crc.update(id);
		return (int) (crc.getValue() % BUCKETS);
	}

	Actor actor(byte[] id) {
		int bucket = bucket(id);
		return new Actor(id, key(bucket, "owner:", id), key(bucket, "values:", id), key(bucket, "order:", id),
				actors(bucket), key(bucket, "epochs"));
	}

	byte[] actors(int bucket) {
		return key(bucket, "actors");
	}

	byte[] lease(String ownerId) {
		ByteArrayOutputStream key = new ByteArrayOutputStream();
		key.writeBytes(this.prefix);
		key.writeBytes(("lease:" + ownerId).getBytes(StandardCharsets.UTF_8));
		return key.toByteArray();
	}

	byte[] probe(int bucket, String ownerId) {
		return key(bucket, "probe:" + ownerId);
	}

	private byte[] key(int bucket, String kind, byte... id) {
		ByteArrayOutputStream key = new ByteArrayOutputStream();
		key.writeBytes(this.prefix);
		key.write('{');
		key.writeBytes(TAGS[bucket]);
		key.write('}');
		key.writeBytes(kind.getBytes(StandardCharsets.UTF_8));
		key.writeBytes(id);
		return key.toByteArray();
	}

	/**
	 * Return a number as scripts take it.
	 */
	static byte[] number(int number) {
		return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
	}

	/**
	 * What one actor's scripts name: its id and its keys, all on one slot.
	 *
	 * @param id the actor's id in UTF-8
	 * @param owner the key of its owner record
	 * @param values the key of its keys and values
	 * @param order the key of the order of its keys
	 * @param actors the key of its bucket's list
	 * @param epochs the key of its bucket's greatest epoch
	 */
	record Actor(byte[] id, byte[] owner, byte[] values, byte[] order, byte[] actors, byte[] epochs) {
	}

}
