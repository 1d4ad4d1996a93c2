package io.kvsqlite.kv.redis;

import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.kv.KvWrite;

/**
 * Collects the parts of a write in the order in which the script takes them.
 */
final class RedisWriteArguments implements KvWrite.Visitor<RuntimeException> {

	private final List<byte[]> parts = new ArrayList<>();

	private int ranges;

	private int deletes;

	@Override
	public void deleteRange(byte[] from, byte[] to) {
		this.parts.add(from);
		this.parts.add(to);
		this.ranges++;
	}

	@Override
	public void delete(byte[] key) {
		this.parts.add(key);
		this.deletes++;
	}

	@Override
	public void put(byte[] key, byte[] value) {
		this.parts.add(key);
		this.parts.add(value);
	}

	byte[][] toArray(byte[] fence, byte[] commit, byte[] next, byte[] id) {
		List<byte[]> all = new ArrayList<>(this.parts.size() + 6);
		all.addAll(List.of(fence, commit, next, id, RedisKeys.number(this.ranges), RedisKeys.number(this.deletes)));
		all.addAll(this.parts);
		return all.toArray(byte[][]::new);
	}

}
