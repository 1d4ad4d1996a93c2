package io.kvsqlite.kv.rocksdb;

import java.util.Objects;
import java.util.Properties;
import java.util.function.Consumer;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;

/**
 * What RocksDB is told, for databases in pieces of 4 KiB that are written in small
 * synchronous commits and read in runs.
 */
final class NativeSettings {

	/**
	 * Lets RocksDB choose how many parts of the block cache there are.
	 */
	private static final int BY_SIZE = -1;

	/**
	 * How much of the block cache indexes and filters have before blocks of data may
	 * drive them out.
	 */
	private static final double SHARE_OF_INDEXES_AND_FILTERS = 0.5;

	private final RocksDbOptions options;

	NativeSettings(RocksDbOptions options) {
		this.options = options;
	}

	/**
	 * Return options with what there is no method for: that the manifest tells which logs
	 * there must be, so that one that is gone is noticed.
	 */
	static DBOptions dbOptions() {
		Properties properties = new Properties();
		properties.setProperty("track_and_verify_wals_in_manifest", "true");
		return Objects.requireNonNull(DBOptions.getDBOptionsFromProps(properties));
	}

	/**
	 * Set everything, what the application customizes last.
	 * @param dbOptions options of the whole
	 * @param familyOptions options of the only column family
	 * @param natives takes native objects that are to be closed with the database
	 */
	void apply(DBOptions dbOptions, ColumnFamilyOptions familyOptions, Consumer<AutoCloseable> natives) {
		configure(dbOptions);
		configure(familyOptions);
		familyOptions.setTableFormatConfig(table(natives));
		this.options.dbCustomizer().accept(dbOptions);
		this.options.columnFamilyCustomizer().accept(familyOptions);
	}

	private void configure(DBOptions dbOptions) {
		dbOptions.setCreateIfMissing(true);
		// a log that overwrites an old one does not change its size, which spares a
		// synchronous write the journal of the file system
		dbOptions.setRecycleLogFileNum(3);
		// writes that meet all the same are put in the memory table by one thread: waking
		// each of them to put its own there, and again when all are done, takes longer
		dbOptions.setAllowConcurrentMemtableWrite(false);
		dbOptions.setMaxTotalWalSize(4 * this.options.writeBufferBytes());
		// let the operating system read ahead: a quarter less time for a cold scan
		dbOptions.setAdviseRandomOnOpen(false);
		dbOptions.setBytesPerSync(1024 * 1024);
		dbOptions.setMaxOpenFiles(1000);
		dbOptions.setKeepLogFileNum(3);
		dbOptions.setMaxLogFileSize(4 * 1024 * 1024);
	}

	private void configure(ColumnFamilyOptions familyOptions) {
		familyOptions.setWriteBufferSize(this.options.writeBufferBytes());
		familyOptions.setMaxWriteBufferNumber(3);
		familyOptions.setCompressionType(this.options.compression().type());
		// a bound on how many range tombstones a read may have to look at
		familyOptions.setMemtableMaxRangeDeletions(256);
	}

	private BlockBasedTableConfig table(Consumer<AutoCloseable> natives) {
		BlockBasedTableConfig table = new BlockBasedTableConfig();
		// four chunks: half the time of a scan with one a block, 2 us more for a single
		// chunk
		table.setBlockSize(16 * 1024);
		table.setFormatVersion(6);
		BloomFilter filter = new BloomFilter(10);
		natives.accept(filter);
		table.setFilterPolicy(filter);
		if (this.options.blockCacheBytes() == 0) {
			table.setNoBlockCache(true);
			return table;
		}
		Cache cache = new LRUCache(this.options.blockCacheBytes(), BY_SIZE, false, SHARE_OF_INDEXES_AND_FILTERS);
		natives.accept(cache);
		table.setBlockCache(cache);
		table.setCacheIndexAndFilterBlocksWithHighPriority(true);
		table.setCacheIndexAndFilterBlocks(true);
		table.setPinL0FilterAndIndexBlocksInCache(true);
		// In pieces of 4 KiB: a table of small databases that compress well has an
		// index of megabytes, which would be read whole for one open.
		table.setIndexType(IndexType.kTwoLevelIndexSearch);
		table.setPartitionFilters(true);
		table.setPinTopLevelIndexAndFilter(true);
		return table;
	}

}
