package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.rocksdb.RocksDbOptions;

/**
 * Changes the options of the auto-configured RocksDB store. All beans of this type are
 * asked, in their order.
 */
@FunctionalInterface
public interface RocksDbOptionsCustomizer {

	/**
	 * Change the options.
	 * @param options the options, as the properties have them
	 * @return the options to use
	 */
	RocksDbOptions customize(RocksDbOptions options);

}
