package io.kvsqlite.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.vfs.ChunkReader;
import org.jspecify.annotations.Nullable;

/**
 * A plain file, read as if it were stored in chunks. Used by one thread.
 */
final class FileChunks implements ChunkReader {

	private final FileChannel channel;

	private final long size;

	FileChunks(FileChannel channel, long size) {
		this.channel = channel;
		this.size = size;
	}

	@Override
	public byte[] @Nullable [] read(byte[][] keys) {
		byte[][] values = new byte[keys.length][];
		try {
			for (int i = 0; i < keys.length; i++) {
				values[i] = read(ChunkKeys.indexOf(keys[i]));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return values;
	}

	/**
	 * Return a chunk, of length 0 beyond the end.
	 */
	byte[] read(long index) throws IOException {
		ByteBuffer chunk = ByteBuffer.allocate(ChunkKeys.chunkLength(index, this.size));
		while (chunk.hasRemaining()) {
			if (this.channel.read(chunk, index * ChunkKeys.CHUNK_SIZE + chunk.position()) < 0) {
				throw new IOException("The file ends before chunk %d does".formatted(index));
			}
		}
		return chunk.array();
	}

}
