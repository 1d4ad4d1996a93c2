package io.kvsqlite.vfs;

import java.util.Arrays;
import java.util.function.LongPredicate;

import org.jspecify.annotations.Nullable;

/**
 * A map from chunk index to chunk bytes: a hash table with linear probing on primitive
 * keys, so that a look-up leaves no garbage. Not thread-safe.
 */
final class ChunkMap {

	private static final int INITIAL_CAPACITY = 16;

	private static final long FREE = -1;

	private long[] keys;

	private byte[] @Nullable [] values;

	private int size;

	ChunkMap() {
		this.keys = new long[INITIAL_CAPACITY];
		this.values = new byte[INITIAL_CAPACITY][];
		Arrays.fill(this.keys, FREE);
	}

	int size() {
		return this.size;
	}

	boolean isEmpty() {
		return this.size == 0;
	}

	byte @Nullable [] get(long index) {
		return this.values[slotOf(index)];
	}

	void put(long index, byte[] chunk) {
		int slot = slotOf(index);
		if (this.keys[slot] == FREE) {
			if (2 * (this.size + 1) > this.keys.length) {
				grow();
				slot = slotOf(index);
			}
			this.keys[slot] = index;
			this.size++;
		}
		this.values[slot] = chunk;
	}

	byte @Nullable [] remove(long index) {
		int slot = slotOf(index);
		byte[] removed = this.values[slot];
		if (removed != null) {
			free(slot);
		}
		return removed;
	}

	void removeIf(LongPredicate condition) {
		for (long index : sortedIndexes()) {
			if (condition.test(index)) {
				remove(index);
			}
		}
	}

	void clear() {
		if (this.keys.length > INITIAL_CAPACITY) {
			this.keys = new long[INITIAL_CAPACITY];
			this.values = new byte[INITIAL_CAPACITY][];
		}
		else {
			Arrays.fill(this.values, null);
		}
		Arrays.fill(this.keys, FREE);
		this.size = 0;
	}

	/**
	 * Return the indexes in ascending order: stores take sorted keys best.
	 */
	long[] sortedIndexes() {
		long[] result = new long[this.size];
		int count = 0;
		for (long key : this.keys) {
			if (key != FREE) {
				result[count++] = key;
			}
		}
		Arrays.sort(result);
		return result;
	}

	private int slotOf(long index) {
		int mask = this.keys.length - 1;
		int slot = (int) (index * 0x9E3779B97F4A7C15L >>> 40) & mask;
		while (this.keys[slot] != FREE && this.keys[slot] != index) {
			slot = (slot + 1) & mask;
		}
		return slot;
	}

	/**
	 * Free a slot and move back those behind it that probed over it.
	 */
	private void free(int slot) {
		int mask = this.keys.length - 1;
		this.keys[slot] = FREE;
		this.values[slot] = null;
		this.size--;
		int next = (slot + 1) & mask;
		while (this.keys[next] != FREE) {
			long key = this.keys[next];
			byte[] value = this.values[next];
			this.keys[next] = FREE;
			this.values[next] = null;
			int home = slotOf(key);
			this.keys[home] = key;
			this.values[home] = value;
			next = (next + 1) & mask;
		}
	}

	private void grow() {
		long[] oldKeys = this.keys;
		byte[] @Nullable [] oldValues = this.values;
		this.keys = new long[2 * oldKeys.length];
		this.values = new byte[2 * oldKeys.length][];
		Arrays.fill(this.keys, FREE);
		for (int i = 0; i < oldKeys.length; i++) {
			if (oldKeys[i] != FREE) {
				int slot = slotOf(oldKeys[i]);
				this.keys[slot] = oldKeys[i];
				this.values[slot] = oldValues[i];
			}
		}
	}

}
