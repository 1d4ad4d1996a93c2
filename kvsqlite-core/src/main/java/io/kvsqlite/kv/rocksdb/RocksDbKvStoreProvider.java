package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreProvider;
import io.kvsqlite.kv.KvStoreUrl;

/**
 * Opens {@code rocksdb:DIRECTORY}, absolute or relative to the working directory. With
 * {@code openDamaged=true} a database that lacks commits is opened with those it has.
 */
public final class RocksDbKvStoreProvider implements KvStoreProvider {

	private static final String OPEN_DAMAGED = "openDamaged";

	@Override
	public boolean accepts(KvStoreUrl url) {
		return url.scheme().equals("rocksdb");
	}

	@Override
	public KvStore open(KvStoreUrl url, boolean create) {
		for (String parameter : url.parameters().keySet()) {
			if (!parameter.equals(OPEN_DAMAGED)) {
				throw new IllegalArgumentException("The store %s has no parameter but '%s', and the URL names %s"
					.formatted(url, OPEN_DAMAGED, url.parameters().keySet()));
			}
		}
		Path directory = directory(url);
		if (!create && !Files.exists(directory.resolve("CURRENT"))) {
			throw new KvDefiniteException("There is no RocksDB store in '%s'".formatted(directory));
		}
		return new RocksDbKvStore(RocksDbOptions.of(directory).withOpenDamaged(openDamaged(url)));
	}

	@Override
	public KvStoreUrl canonical(KvStoreUrl url) {
		return new KvStoreUrl(url.scheme(), realPath(directory(url)).toString(), url.parameters());
	}

	private static boolean openDamaged(KvStoreUrl url) {
		String value = url.parameter(OPEN_DAMAGED);
		if (value != null && !value.equals("true") && !value.equals("false")) {
			throw new IllegalArgumentException(
					"'%s' must be true or false, but is '%s'".formatted(OPEN_DAMAGED, value));
		}
		return "true".equals(value);
	}

	private static Path directory(KvStoreUrl url) {
		return Path.of(url.location().replaceFirst("^///", "/"));
	}

	/**
	 * Return a path without links, of which the end need not exist.
	 */
	private static Path realPath(Path path) {
		Path absolute = path.toAbsolutePath();
		int names = absolute.getNameCount();
		for (Path existing = absolute; existing != null; existing = existing.getParent()) {
			try {
				Path real = existing.toRealPath();
				int known = existing.getNameCount();
				return (known < names) ? real.resolve(absolute.subpath(known, names)).normalize() : real;
			}
			catch (IOException ex) {
				// not there, or not to be looked at: its parent may be
				continue;
			}
		}
		return absolute.normalize();
	}

}
