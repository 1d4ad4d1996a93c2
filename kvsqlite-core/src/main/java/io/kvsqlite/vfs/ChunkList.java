package io.kvsqlite.vfs;

import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in memory that grow at their end, in pieces of one chunk, any of which may be
 * absent. Keeps a few pieces when cleared, because the next transaction needs as many.
 */
final class ChunkList {

	private static final int KEPT = 4;

	private static final int CHUNK_SIZE = ChunkKeys.CHUNK_SIZE;

	private final List<byte @Nullable []> chunks = new ArrayList<>();

	private long size;

	private int present;

	long size() {
		return this.size;
	}

	long memory() {
		return (long) this.present * CHUNK_SIZE;
	}

	byte @Nullable [] chunk(int index) {
		return (index < this.chunks.size()) ? this.chunks.get(index) : null;
	}

	void setChunk(int index, byte[] chunk) {
		while (this.chunks.size() <= index) {
			this.chunks.add(null);
		}
		if (this.chunks.set(index, chunk) == null) {
			this.present++;
		}
	}

	void dropChunk(int index) {
		if (index < this.chunks.size() && this.chunks.set(index, null) != null) {
			this.present--;
		}
	}

	/**
	 * Write bytes over one chunk, which is made if it is absent.
	 */
	void write(int index, int offset, int length, int position, ByteSource source) {
		byte[] chunk = chunk(index);
		if (chunk == null) {
			chunk = new byte[CHUNK_SIZE];
			setChunk(index, chunk);
		}
		source.get(position, chunk, offset, length);
		this.size = Math.max(this.size, (long) index * CHUNK_SIZE + offset + length);
	}

	void setSize(long size) {
		this.size = size;
	}

	void clear() {
		this.size = 0;
		while (this.chunks.size() > KEPT) {
			this.chunks.remove(this.chunks.size() - 1);
		}
		this.present = 0;
		for (byte[] chunk : this.chunks) {
			if (chunk != null) {
				this.present++;
			}
		}
	}

	void trim() {
		if (this.size == 0) {
			this.chunks.clear();
			this.present = 0;
		}
	}

}
