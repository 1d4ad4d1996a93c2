package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvActorPage;

/**
 * Merges the sorted lists of the buckets into one. All buckets are asked at once for
 * their share of the page and a little more; one whose share is used up before the page
 * is full is asked again.
 */
final class RedisActorList {

	private static final int SPARE = 8;

	private final Function<List<Range>, List<List<byte[]>>> fetch;

	private final int slice;

	private final byte[] end;

	private final PriorityQueue<Head> heads = new PriorityQueue<>(
			Comparator.comparing(Head::id, Arrays::compareUnsigned));

	/**
	 * Prepare a listing.
	 * @param prefix what the ids begin with
	 * @param after the id after which to begin, or {@code null}
	 * @param limit how many to list
	 * @param fetch returns the ids of each range, in one round trip
	 */
	RedisActorList(byte[] prefix, byte @Nullable [] after, int limit, Function<List<Range>, List<List<byte[]>>> fetch) {
		this.fetch = fetch;
		this.slice = (int) Math.min(limit + 1L, 2L * limit / RedisKeys.BUCKETS + SPARE);
		// no byte of UTF-8 is 0xff
		this.end = (prefix.length > 0) ? RedisKvStore.bound('(', Arrays.copyOf(prefix, prefix.length + 1))
				: new byte[] { '+' };
		if (prefix.length > 0) {
			this.end[this.end.length - 1] = (byte) 0xff;
		}
		byte[] begin;
		if (after != null && Arrays.compareUnsigned(after, prefix) >= 0) {
			begin = RedisKvStore.bound('(', after);
		}
		else {
			begin = RedisKvStore.bound('[', prefix);
		}
		List<Integer> all = new ArrayList<>();
		for (int bucket = 0; bucket < RedisKeys.BUCKETS; bucket++) {
			all.add(bucket);
		}
		Map<Integer, byte[]> begins = new HashMap<>();
		all.forEach((bucket) -> begins.put(bucket, begin));
		advance(begins);
	}

	KvActorPage page(int limit) {
		List<String> ids = new ArrayList<>();
		while (!this.heads.isEmpty()) {
			if (ids.size() == limit) {
				return new KvActorPage(ids, ids.get(limit - 1));
			}
			Head head = this.heads.poll();
			ids.add(new String(head.id(), StandardCharsets.UTF_8));
			if (!head.rest().isEmpty()) {
				this.heads.add(new Head(head.bucket(), head.rest().poll(), head.rest(), head.more()));
			}
			else if (head.more()) {
				advance(Map.of(head.bucket(), RedisKvStore.bound('(', head.id())));
			}
		}
		return new KvActorPage(ids, null);
	}

	private void advance(Map<Integer, byte[]> begins) {
		List<Range> ranges = begins.entrySet()
			.stream()
			.map((entry) -> new Range(entry.getKey(), entry.getValue(), this.end, this.slice))
			.toList();
		List<List<byte[]>> found = this.fetch.apply(ranges);
		for (int i = 0; i < found.size(); i++) {
			Deque<byte[]> rest = new ArrayDeque<>(found.get(i));
			byte[] first = rest.poll();
			if (first != null) {
				this.heads.add(new Head(ranges.get(i).bucket(), first, rest, found.get(i).size() == this.slice));
			}
		}
	}

	/**
	 * A part of a bucket's list.
	 *
	 * @param bucket the bucket
	 * @param begin its begin in the words of ZRANGEBYLEX
	 * @param end its end in the same
	 * @param limit the most ids to return
	 */
	record Range(int bucket, byte[] begin, byte[] end, int limit) {
	}

	private record Head(int bucket, byte[] id, Deque<byte[]> rest, boolean more) {
	}

}
