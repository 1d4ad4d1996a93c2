package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;
import java.util.List;

/**
 * The database in the directory of a {@link RocksDbKvStore} does not have everything that
 * it acknowledged. Nothing in the directory was changed.
 */
public class RocksDbDirectoryDamagedException extends RocksDbDirectoryException {

	/**
	 * Create an exception.
	 * @param directory the directory
	 * @param findings what was found
	 */
	public RocksDbDirectoryDamagedException(Path directory, List<String> findings) {
		super(directory,
				("lacks commits that were acknowledged: %s. It was not opened, and nothing in it was changed. "
						+ "Copy the directory; then restore a backup, or give up what is lost and open the rest, "
						+ "once: kvsqlite list 'rocksdb:%s?openDamaged=true', or RocksDbOptions.withOpenDamaged(true)")
					.formatted(String.join("; ", findings), directory),
				null);
	}

}
