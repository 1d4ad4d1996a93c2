package io.kvsqlite.reliability;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a fuzzer feeds with bytes. Each target fails with an exception when the bytes lead
 * to anything but an answer or a typed error.
 */
public final class FuzzTargets {

	private FuzzTargets() {
	}

	/**
	 * The codec: metadata and keys of any bytes.
	 */
	public static final class Codec {

		private Codec() {
		}

		/**
		 * Take one input.
		 * @param input any bytes
		 */
		public static void fuzzerTestOneInput(byte[] input) {
			assertThat(ChunkKeys.describe(input)).isNotNull();
			try {
				long size = FileMetadata.decode(input);
				assertThat(size).isNotNegative();
				assertThat(FileMetadata.encode(size)).isEqualTo(input);
				long count = ChunkKeys.chunkCount(size);
				if (count > 0) {
					byte[] last = ChunkKeys.chunk(FileTag.MAIN, count - 1);
					assertThat(ChunkKeys.indexOf(last)).isEqualTo(count - 1);
					assertThat(ChunkKeys.chunkLength(count - 1, size)).isBetween(1, ChunkKeys.CHUNK_SIZE);
				}
			}
			catch (MalformedMetadataException ex) {
				assertThat(ex.getMessage()).isNotBlank();
			}
		}

	}

	/**
	 * The opening of a namespace. The input is read as changes to one of three: nothing,
	 * a database at rest, a database with a hot journal. Each change is a key's place
	 * among the keys (or a key of its own), an operation, an offset, and bytes.
	 */
	public static final class Opening {

		private static final TreeMap<byte[], byte[]> AT_REST = HostileNamespace.atRest();

		private static final TreeMap<byte[], byte[]> HOT = HostileNamespace.hot();

		private static final int MOST_CHANGES = 16;

		static {
			((Logger) LoggerFactory.getLogger("io.kvsqlite")).setLevel(Level.OFF);
		}

		private Opening() {
		}

		/**
		 * Take one input.
		 * @param input any bytes
		 */
		public static void fuzzerTestOneInput(byte[] input) {
			ByteBuffer in = ByteBuffer.wrap(input);
			int base = next(in) % 3;
			TreeMap<byte[], byte[]> namespace = (base == 0) ? new TreeMap<>(Arrays::compareUnsigned)
					: HostileNamespace.copy((base == 1) ? AT_REST : HOT);
			// where chunks of a database at rest are short or absent, and nothing else is
			// changed or added, nobody may read zeros
			boolean mustFail = false;
			boolean mayPass = base != 1;
			for (int i = 0; i < MOST_CHANGES && in.hasRemaining(); i++) {
				byte[] key = key(namespace, next(in), in);
				byte[] value = namespace.getOrDefault(key, new byte[0]);
				int operation = next(in) % 4;
				mayPass |= Arrays.equals(key, HostileNamespace.MAIN) || !AT_REST.containsKey(key);
				if (operation == 0) {
					mustFail |= namespace.remove(key) != null;
				}
				else if (operation == 1) {
					int length = Math.min(value.length, next(in) * 256 + next(in));
					mustFail |= length < value.length;
					namespace.put(key, Arrays.copyOf(value, length));
				}
				else {
					namespace.put(key, patched(value, operation == 3, in));
					mayPass = true;
				}
			}
			if (mustFail && !mayPass) {
				HostileNamespace.requireCorruption(namespace);
			}
			HostileNamespace.requireCivility(namespace);
		}

		private static byte[] key(TreeMap<byte[], byte[]> namespace, int choice, ByteBuffer in) {
			if (namespace.isEmpty() || choice >= 128) {
				FileTag file = FileTag.values()[choice % FileTag.values().length];
				return (choice % 8 < 4) ? ChunkKeys.metadata(file) : ChunkKeys.chunk(file, next(in) % 32);
			}
			byte[][] keys = namespace.keySet().toArray(byte[][]::new);
			return keys[choice % keys.length];
		}

		/**
		 * Lay bytes over a value, or put them in its place.
		 */
		private static byte[] patched(byte[] value, boolean replace, ByteBuffer in) {
			int offset = replace ? 0 : next(in) * 16 + next(in) % 16;
			byte[] bytes = new byte[Math.min(in.remaining(), replace ? next(in) * 17 : next(in))];
			in.get(bytes, 0, Math.min(bytes.length, in.remaining()));
			if (replace) {
				return bytes;
			}
			byte[] result = Arrays.copyOf(value, Math.max(value.length, offset + bytes.length));
			System.arraycopy(bytes, 0, result, offset, bytes.length);
			return result;
		}

		private static int next(ByteBuffer in) {
			return in.hasRemaining() ? in.get() & 0xff : 0;
		}

	}

}
