package io.kvsqlite.kv.jdbc;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The values that came with a result, in whatever order, to be asked for by key.
 */
final class ChunkValues {

	private final Map<ByteBuffer, byte[]> values = new HashMap<>();

	void add(byte[] key, byte[] value) {
		this.values.put(ByteBuffer.wrap(key), value);
	}

	byte[] @Nullable [] inOrderOf(byte[][] keys) {
		byte[] @Nullable [] result = new byte[keys.length][];
		for (int i = 0; i < keys.length; i++) {
			result[i] = this.values.get(ByteBuffer.wrap(keys[i]));
		}
		return result;
	}

}
