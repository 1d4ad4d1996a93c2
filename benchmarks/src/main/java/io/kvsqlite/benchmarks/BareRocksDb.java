package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

import io.kvsqlite.kv.KvWrite;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB with nothing above it, set up for writes like kvsqlite's store: the limit of
 * what that store can reach.
 */
final class BareRocksDb implements AutoCloseable {

	static final String LABEL = "bare RocksDB, same bytes";

	private static final int OWNER_RECORD_BYTES = 17;

	private final Path directory;

	private final Options options;

	private final WriteOptions writeOptions;

	private final RocksDB db;

	BareRocksDb(Bench bench, boolean sync) throws RocksDBException {
		RocksDB.loadLibrary();
		this.directory = bench.newDirectory();
		this.options = new Options().setCreateIfMissing(true)
			.setRecycleLogFileNum(3)
			.setAllowConcurrentMemtableWrite(false)
			.setMaxTotalWalSize(128L * 1024 * 1024)
			.setBytesPerSync(1024 * 1024)
			.setWriteBufferSize(32L * 1024 * 1024)
			.setMaxWriteBufferNumber(3)
			.setCompressionType(CompressionType.LZ4_COMPRESSION)
			.setTableFormatConfig(new BlockBasedTableConfig().setBlockSize(16 * 1024));
		this.writeOptions = new WriteOptions().setSync(sync);
		this.db = RocksDB.open(this.options, this.directory.toString());
	}

	/**
	 * Apply the puts of a write, together with a record as long as the store's own.
	 */
	void write(String actorId, KvWrite write, long number) throws RocksDBException {
		byte[] id = actorId.getBytes(StandardCharsets.UTF_8);
		try (WriteBatch batch = new WriteBatch((int) write.bytes() + 256)) {
			write.forEach(new Puts<RocksDBException>() {

				@Override
				public void put(byte[] key, byte[] value) throws RocksDBException {
					byte[] storeKey = Arrays.copyOf(id, id.length + 2 + key.length);
					System.arraycopy(key, 0, storeKey, id.length + 2, key.length);
					batch.put(storeKey, value);
				}

			});
			batch.put(id, ByteBuffer.allocate(OWNER_RECORD_BYTES).putLong(number).array());
			this.db.write(this.writeOptions, batch);
		}
	}

	@Override
	public void close() throws IOException {
		this.db.close();
		this.writeOptions.close();
		this.options.close();
		Directories.delete(this.directory);
	}

}
