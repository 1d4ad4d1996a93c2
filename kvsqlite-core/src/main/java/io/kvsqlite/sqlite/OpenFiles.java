package io.kvsqlite.sqlite;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

import org.jspecify.annotations.Nullable;

/**
 * All files that SQLite has open through our VFS, by the number noted in their
 * {@code sqlite3_file}. Thread-safe: looking up takes no lock, because a slot's content
 * was written by the thread that opened the file, and SQLite hands a file on to another
 * thread only through a connection that changed hands under a lock.
 */
final class OpenFiles {

	/**
	 * The number of no file.
	 */
	static final int NONE = 0;

	private volatile @Nullable OpenFile[] slots = new @Nullable OpenFile[64];

	private final Deque<Integer> free = new ArrayDeque<>();

	private int used = NONE + 1;

	synchronized int add(OpenFile file) {
		Integer slot = this.free.poll();
		if (slot == null) {
			slot = this.used++;
			if (slot == this.slots.length) {
				this.slots = Arrays.copyOf(this.slots, 2 * this.slots.length);
			}
		}
		this.slots[slot] = file;
		return slot;
	}

	/**
	 * Return an open file.
	 * @return the file, {@code null} if none is open in the slot
	 */
	@Nullable OpenFile get(int slot) {
		return this.slots[slot];
	}

	synchronized void remove(int slot) {
		if (this.slots[slot] != null) {
			this.slots[slot] = null;
			this.free.push(slot);
		}
	}

	synchronized int size() {
		return this.used - 1 - this.free.size();
	}

}
