package io.kvsqlite.spring.autoconfigure;

/**
 * Kinds of store that can be configured by property.
 */
public enum StoreType {

	/**
	 * In the memory of this process, gone with it: for tests.
	 */
	MEMORY,

	/**
	 * In a directory of this machine, kept by RocksDB.
	 */
	ROCKSDB,

	/**
	 * In Redis, through Lettuce.
	 */
	REDIS,

	/**
	 * In PostgreSQL, through a DataSource.
	 */
	POSTGRESQL

}
