package io.kvsqlite.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;

/**
 * The simplest reader and writer of the stored format: turns a namespace into files that
 * stock SQLite opens, and such files into a namespace. It does what
 * {@code docs/format.md} says and no more.
 */
final class StoredFiles {

	private static final Map<FileTag, String> SUFFIXES = Map.of(FileTag.MAIN, "", FileTag.JOURNAL, "-journal");

	private StoredFiles() {
	}

	static void unpack(NavigableMap<byte[], byte[]> namespace, Path database)
			throws IOException, MalformedMetadataException {
		for (Map.Entry<FileTag, String> suffix : SUFFIXES.entrySet()) {
			Path file = withSuffix(database, suffix.getValue());
			byte[] metadata = namespace.get(ChunkKeys.metadata(suffix.getKey()));
			if (metadata == null) {
				Files.deleteIfExists(file);
			}
			else {
				Files.write(file, content(namespace, suffix.getKey(), FileMetadata.decode(metadata)));
			}
		}
	}

	private static byte[] content(NavigableMap<byte[], byte[]> namespace, FileTag file, long size) {
		byte[] content = new byte[Math.toIntExact(size)];
		for (long index = 0; index < ChunkKeys.chunkCount(size); index++) {
			byte[] chunk = namespace.get(ChunkKeys.chunk(file, index));
			if (chunk != null) {
				System.arraycopy(chunk, 0, content, Math.toIntExact(index * ChunkKeys.CHUNK_SIZE),
						Math.min(chunk.length, ChunkKeys.chunkLength(index, size)));
			}
		}
		return content;
	}

	static NavigableMap<byte[], byte[]> pack(Path database) throws IOException {
		NavigableMap<byte[], byte[]> namespace = new TreeMap<>(Arrays::compareUnsigned);
		for (Map.Entry<FileTag, String> suffix : SUFFIXES.entrySet()) {
			Path file = withSuffix(database, suffix.getValue());
			if (Files.exists(file)) {
				put(namespace, suffix.getKey(), Files.readAllBytes(file));
			}
		}
		return namespace;
	}

	private static void put(NavigableMap<byte[], byte[]> namespace, FileTag file, byte[] content) {
		namespace.put(ChunkKeys.metadata(file), FileMetadata.encode(content.length));
		for (long index = 0; index < ChunkKeys.chunkCount(content.length); index++) {
			int from = Math.toIntExact(index * ChunkKeys.CHUNK_SIZE);
			namespace.put(ChunkKeys.chunk(file, index),
					Arrays.copyOfRange(content, from, from + ChunkKeys.chunkLength(index, content.length)));
		}
	}

	static Path withSuffix(Path database, String suffix) {
		return database.resolveSibling(database.getFileName() + suffix);
	}

}
