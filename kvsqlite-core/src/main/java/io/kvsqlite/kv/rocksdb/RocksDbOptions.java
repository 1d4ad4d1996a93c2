package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;
import java.util.function.Consumer;

import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;

import io.kvsqlite.kv.KvLimits;

/**
 * How a {@link RocksDbKvStore} keeps its data. {@link #of} has a default for all but the
 * directory.
 *
 * @param directory where the data are; made if it is missing, of one process at a time
 * @param sync whether a write returns only when it is on the disk: {@code true} unless
 * changed. Without it a write outlives the process but the last ones may be lost when the
 * machine stops
 * @param limits what fits in one write, by default 16,384 keys and 64 MiB
 * @param blockCacheBytes memory for blocks read from the disk, 64 MiB by default
 * @param writeBufferBytes memory for writes that are in the log but not yet in a table,
 * 32 MiB by default; there may be three of them at a time
 * @param compression how chunks in tables are compressed, LZ4 by default
 * @param dbCustomizer sets what else there is to set, applied last
 * @param columnFamilyCustomizer sets what else there is to set for each column family,
 * applied last
 * @param openDamaged whether a database is opened though commits that it acknowledged are
 * missing, with those that are left; {@code false} unless changed
 */
public record RocksDbOptions(Path directory, boolean sync, KvLimits limits, long blockCacheBytes, long writeBufferBytes,
		Compression compression, Consumer<DBOptions> dbCustomizer, Consumer<ColumnFamilyOptions> columnFamilyCustomizer,
		boolean openDamaged) {

	/**
	 * The limits of a store that was given none.
	 */
	public static final KvLimits DEFAULT_LIMITS = new KvLimits(16_384, 64L * 1024 * 1024);

	private static final long MEBIBYTE = 1024 * 1024;

	private static final long LEAST_WRITE_BUFFER = 64 * 1024;

	public RocksDbOptions {
		if (blockCacheBytes < 0) {
			throw new IllegalArgumentException("'blockCacheBytes' must not be negative, but is " + blockCacheBytes);
		}
		if (writeBufferBytes < LEAST_WRITE_BUFFER) {
			throw new IllegalArgumentException("'writeBufferBytes' must be at least %d, but is %d"
				.formatted(LEAST_WRITE_BUFFER, writeBufferBytes));
		}
	}

	/**
	 * Return the defaults for a directory.
	 * @param directory where the data are
	 * @return options
	 */
	public static RocksDbOptions of(Path directory) {
		return new RocksDbOptions(directory, true, DEFAULT_LIMITS, 64 * MEBIBYTE, 32 * MEBIBYTE, Compression.LZ4,
				(options) -> {
				}, (options) -> {
				}, false);
	}

	/**
	 * Return the same options with another {@link #sync()}.
	 * @param sync whether a write returns only when it is on the disk
	 * @return options
	 */
	public RocksDbOptions withSync(boolean sync) {
		return new RocksDbOptions(this.directory, sync, this.limits, this.blockCacheBytes, this.writeBufferBytes,
				this.compression, this.dbCustomizer, this.columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with other {@link #limits()}.
	 * @param limits what fits in one write
	 * @return options
	 */
	public RocksDbOptions withLimits(KvLimits limits) {
		return new RocksDbOptions(this.directory, this.sync, limits, this.blockCacheBytes, this.writeBufferBytes,
				this.compression, this.dbCustomizer, this.columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with other {@link #blockCacheBytes()}.
	 * @param blockCacheBytes the bytes, 0 for no cache
	 * @return options
	 */
	public RocksDbOptions withBlockCacheBytes(long blockCacheBytes) {
		return new RocksDbOptions(this.directory, this.sync, this.limits, blockCacheBytes, this.writeBufferBytes,
				this.compression, this.dbCustomizer, this.columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with other {@link #writeBufferBytes()}.
	 * @param writeBufferBytes the bytes, at least 64 KiB
	 * @return options
	 */
	public RocksDbOptions withWriteBufferBytes(long writeBufferBytes) {
		return new RocksDbOptions(this.directory, this.sync, this.limits, this.blockCacheBytes, writeBufferBytes,
				this.compression, this.dbCustomizer, this.columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with another {@link #compression()}.
	 * @param compression how chunks are compressed
	 * @return options
	 */
	public RocksDbOptions withCompression(Compression compression) {
		return new RocksDbOptions(this.directory, this.sync, this.limits, this.blockCacheBytes, this.writeBufferBytes,
				compression, this.dbCustomizer, this.columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with other customizers.
	 * @param dbCustomizer sets what there is to set for the whole
	 * @param columnFamilyCustomizer sets what there is to set for each column family
	 * @return options
	 */
	public RocksDbOptions withCustomizers(Consumer<DBOptions> dbCustomizer,
			Consumer<ColumnFamilyOptions> columnFamilyCustomizer) {
		return new RocksDbOptions(this.directory, this.sync, this.limits, this.blockCacheBytes, this.writeBufferBytes,
				this.compression, dbCustomizer, columnFamilyCustomizer, this.openDamaged);
	}

	/**
	 * Return the same options with another answer to damage. Setting it gives up what is
	 * lost, for RocksDB deletes logs that it has read: copy the directory before.
	 * @param openDamaged whether a database is opened though commits that it acknowledged
	 * are missing; what is missing is then among {@link RocksDbKvStore#warnings()}
	 * @return options
	 */
	public RocksDbOptions withOpenDamaged(boolean openDamaged) {
		return new RocksDbOptions(this.directory, this.sync, this.limits, this.blockCacheBytes, this.writeBufferBytes,
				this.compression, this.dbCustomizer, this.columnFamilyCustomizer, openDamaged);
	}

	/**
	 * How chunks in tables are compressed. What was written before a change stays
	 * readable.
	 */
	public enum Compression {

		/**
		 * Not at all.
		 */
		NONE(CompressionType.NO_COMPRESSION),

		/**
		 * LZ4: little work, and about half the size for a usual database.
		 */
		LZ4(CompressionType.LZ4_COMPRESSION),

		/**
		 * Zstandard: more work, smaller.
		 */
		ZSTD(CompressionType.ZSTD_COMPRESSION);

		private final CompressionType type;

		Compression(CompressionType type) {
			this.type = type;
		}

		CompressionType type() {
			return this.type;
		}

	}

}
