package io.kvsqlite.vfs;

import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;

/**
 * A file that SQLite wants for itself, without a name: kept in memory until it is closed.
 * Only seen by connections that change {@code PRAGMA temp_store}.
 */
final class TemporaryFile implements VfsFile {

	private static final int CHUNK_SIZE = ChunkKeys.CHUNK_SIZE;

	private static final byte[] ZEROS = new byte[CHUNK_SIZE];

	private final ChunkList chunks = new ChunkList();

	@Override
	public int read(long offset, int length, ByteTarget target) {
		int available = (int) Math.max(0, Math.min(length, this.chunks.size() - offset));
		int done = 0;
		while (done < available) {
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(available - done, CHUNK_SIZE - within);
			byte[] chunk = this.chunks.chunk((int) ((offset + done) / CHUNK_SIZE));
			target.put(done, (chunk != null) ? chunk : ZEROS, within, count);
			done += count;
		}
		if (available < length) {
			target.zero(available, length - available);
		}
		return available;
	}

	@Override
	public void write(long offset, int length, ByteSource source) {
		int done = 0;
		while (done < length) {
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(length - done, CHUNK_SIZE - within);
			this.chunks.write((int) ((offset + done) / CHUNK_SIZE), within, count, done, source);
			done += count;
		}
	}

	@Override
	public void truncate(long size) {
		long kept = ChunkKeys.chunkCount(size);
		for (long index = kept; index < ChunkKeys.chunkCount(this.chunks.size()); index++) {
			this.chunks.dropChunk((int) index);
		}
		int tail = (int) (size % CHUNK_SIZE);
		byte[] last = (tail > 0) ? this.chunks.chunk((int) (size / CHUNK_SIZE)) : null;
		if (last != null) {
			Arrays.fill(last, tail, CHUNK_SIZE, (byte) 0);
		}
		this.chunks.setSize(size);
	}

	@Override
	public long size() {
		return this.chunks.size();
	}

}
