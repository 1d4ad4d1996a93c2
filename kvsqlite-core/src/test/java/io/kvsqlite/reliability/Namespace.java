package io.kvsqlite.reliability;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is stored of an actor, looked at past the engine.
 */
final class Namespace {

	/**
	 * Ids that lie around {@value #ACTOR}, and would be hit by a wrong prefix or range.
	 */
	private static final String[] NEIGHBOURS = { "acto", "actor\0", "actor/", "actor0", "b" };

	static final String ACTOR = "actor";

	private static final int PAGE = 1024;

	private Namespace() {
	}

	/**
	 * Check that an actor at rest consists of its main file: every chunk with the length
	 * that the size gives it, and no other key.
	 */
	static void requireAtRest(KvStore store, boolean committed) throws MalformedMetadataException {
		Map<String, Integer> found = new LinkedHashMap<>();
		byte[] metadataKey = ChunkKeys.metadata(FileTag.MAIN);
		byte[] metadata;
		try (KvSnapshot snapshot = store.snapshot(ACTOR)) {
			byte[] from = {};
			while (true) {
				byte[][] keys = snapshot.keys(from, PAGE);
				byte[][] values = snapshot.read(keys);
				for (int i = 0; i < keys.length; i++) {
					byte[] value = values[i];
					found.put(ChunkKeys.describe(keys[i]), (value != null) ? value.length : -1);
				}
				if (keys.length < PAGE) {
					break;
				}
				from = Arrays.copyOf(keys[PAGE - 1], keys[PAGE - 1].length + 1);
			}
			metadata = snapshot.read(new byte[][] { metadataKey })[0];
		}
		assertThat(metadata).as("the metadata of the main database").isNotNull();
		long size = FileMetadata.decode(metadata);
		Map<String, Integer> expected = new LinkedHashMap<>();
		expected.put(ChunkKeys.describe(metadataKey), FileMetadata.LENGTH);
		for (long i = 0; i < ChunkKeys.chunkCount(size); i++) {
			expected.put(ChunkKeys.describe(ChunkKeys.chunk(FileTag.MAIN, i)), ChunkKeys.chunkLength(i, size));
		}
		if (!committed) {
			found.keySet().removeIf((key) -> key.startsWith(FileTag.JOURNAL + " chunk"));
		}
		assertThat(found).as("the keys of an actor of %d bytes and the lengths of their values", size)
			.isEqualTo(expected);
	}

	/**
	 * Return what a store has of the actor, as one write.
	 */
	static KvWrite copyOf(KvStore store) {
		KvWrite copy = new KvWrite();
		try (KvSnapshot snapshot = store.snapshot(ACTOR)) {
			byte[][] keys = snapshot.keys(new byte[0], Integer.MAX_VALUE);
			byte[][] values = snapshot.read(keys);
			for (int i = 0; i < keys.length; i++) {
				copy.put(keys[i], values[i]);
			}
		}
		return copy;
	}

	/**
	 * Give the actor of a store that has none what another had.
	 */
	static void restore(KvWrite copy, KvStore store) {
		if (!copy.isEmpty()) {
			try (KvSession session = store.open(ACTOR, new byte[0][]).session()) {
				session.write(copy);
			}
		}
	}

	/**
	 * Check that the actor has no keys but those of a database and a journal.
	 */
	static void requireOwnKeys(KvStore store) {
		try (KvSnapshot snapshot = store.snapshot(ACTOR)) {
			for (byte[] key : snapshot.keys(new byte[0], Integer.MAX_VALUE)) {
				assertThat(ChunkKeys.describe(key)).as("a key of the actor")
					.matches("(%s|%s) (metadata|chunk \\d+)".formatted(FileTag.MAIN, FileTag.JOURNAL));
			}
		}
	}

	/**
	 * Give the actor neighbours.
	 */
	static void addNeighbours(KvStore store) {
		for (String id : NEIGHBOURS) {
			try (KvSession session = store.open(id, new byte[0][]).session()) {
				session.write(neighbour(id));
			}
		}
	}

	private static KvWrite neighbour(String id) {
		return new KvWrite().put(ChunkKeys.metadata(FileTag.MAIN), id.getBytes(StandardCharsets.UTF_8))
			.put(ChunkKeys.chunk(FileTag.MAIN, 0), id.getBytes(StandardCharsets.UTF_8))
			.put(ChunkKeys.metadata(FileTag.JOURNAL), id.getBytes(StandardCharsets.UTF_8));
	}

	static void requireNeighboursUntouched(KvStore store) {
		for (String id : NEIGHBOURS) {
			try (KvSnapshot snapshot = store.snapshot(id)) {
				byte[][] keys = { ChunkKeys.metadata(FileTag.MAIN), ChunkKeys.chunk(FileTag.MAIN, 0),
						ChunkKeys.metadata(FileTag.JOURNAL) };
				assertThat(snapshot.commit()).as("commits of neighbour '%s'", id).isEqualTo(1);
				assertThat(snapshot.keys(new byte[0], 10).length).as("keys of neighbour '%s'", id)
					.isEqualTo(keys.length);
				for (byte[] value : snapshot.read(keys)) {
					assertThat(value).as("a value of neighbour '%s'", id)
						.isEqualTo(id.getBytes(StandardCharsets.UTF_8));
				}
			}
		}
	}

}
