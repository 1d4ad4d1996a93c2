package io.kvsqlite.reliability;

import java.util.List;
import java.util.Map;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.VfsSettings;

/**
 * The limits and the memory under which a workload runs.
 *
 * @param name for messages
 * @param limits what fits in one write
 * @param files how the files use memory
 * @param sqlite how SQLite is set up
 */
record Setting(String name, KvLimits limits, VfsSettings files, SqliteSettings sqlite) {

	/**
	 * The limits of the system that the format comes from, and memory enough.
	 */
	static final Setting REFERENCE = new Setting("128 keys", KvLimits.REFERENCE, new VfsSettings(4 << 20, 4, 64),
			sqlite(Map.of("foreign_keys", "ON")));

	/**
	 * The same with so little cache that SQLite spills, and so little memory that we do.
	 */
	static final Setting SPILLING = new Setting("128 keys, spilling", KvLimits.REFERENCE,
			new VfsSettings(VfsSettings.LEAST_MEMORY, 2, 8), sqlite(Map.of("foreign_keys", "ON", "cache_size", "5")));

	/**
	 * The narrowest limits there are.
	 */
	static final Setting THREE_KEYS = new Setting("3 keys", new KvLimits(KvLimits.LEAST_KEYS, KvLimits.LEAST_BYTES),
			new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1), sqlite(Map.of("foreign_keys", "ON", "cache_size", "3")));

	/**
	 * Limits that some transactions keep and others do not, and no syncs.
	 */
	static final Setting EIGHT_KEYS = new Setting("8 keys, synchronous=OFF", new KvLimits(8, 64 * 1024),
			new VfsSettings(1 << 20, 3, 4),
			sqlite(Map.of("foreign_keys", "ON", "cache_size", "5", "synchronous", "OFF")));

	/**
	 * Limits that hold everything, with a small cache.
	 */
	static final Setting LARGE = new Setting("large", MemoryKvStore.DEFAULT_LIMITS, new VfsSettings(64 << 20, 2, 256),
			sqlite(Map.of("foreign_keys", "ON", "cache_size", "4", "synchronous", "FULL")));

	static List<Setting> all() {
		return List.of(REFERENCE, SPILLING, THREE_KEYS, EIGHT_KEYS, LARGE);
	}

	private static SqliteSettings sqlite(Map<String, String> pragmas) {
		return new SqliteSettings(2 << 20, pragmas);
	}

	@Override
	public String toString() {
		return this.name;
	}

}
