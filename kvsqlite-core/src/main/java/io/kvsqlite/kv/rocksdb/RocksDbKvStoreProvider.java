package io.kvsqlite.kv.rocksdb;

import java.nio.file.Files;
import java.nio.file.Path;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreProvider;
import io.kvsqlite.kv.KvStoreUrl;

/**
 * Opens {@code rocksdb:DIRECTORY}, absolute or relative to the working directory.
 */
public final class RocksDbKvStoreProvider implements KvStoreProvider {

	@Override
	public boolean accepts(KvStoreUrl url) {
		return url.scheme().equals("rocksdb");
	}

	@Override
	public KvStore open(KvStoreUrl url, boolean create) {
		if (!url.parameters().isEmpty()) {
			throw new IllegalArgumentException(
					"The store %s has no parameters, but the URL names %s".formatted(url, url.parameters().keySet()));
		}
		Path directory = Path.of(url.location().replaceFirst("^///", "/"));
		if (!create && !Files.exists(directory.resolve("CURRENT"))) {
			throw new KvDefiniteException("There is no RocksDB store in '%s'".formatted(directory));
		}
		return new RocksDbKvStore(directory);
	}

}
