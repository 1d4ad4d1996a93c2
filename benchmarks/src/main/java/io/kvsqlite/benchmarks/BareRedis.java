package io.kvsqlite.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

import io.kvsqlite.kv.KvWrite;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;

/**
 * A plain HSET of the same bytes to the same Redis server.
 */
final class BareRedis extends Contender {

	static final String LABEL = "bare HSET, same bytes";

	private final RedisClient client;

	private final StatefulRedisConnection<byte[], byte[]> connection;

	private final RedisCommands<byte[], byte[]> commands;

	private final RecordedWrites writes;

	BareRedis(Bench bench, RecordedWrites writes) {
		super(LABEL);
		this.client = RedisClient.create(bench.servers().redis());
		this.connection = this.client.connect(ByteArrayCodec.INSTANCE);
		this.commands = this.connection.sync();
		this.writes = writes;
	}

	@Override
	int operate() {
		KvWrite write = this.writes.next();
		Map<byte[], byte[]> fields = new LinkedHashMap<>();
		write.forEach(new Puts<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				fields.put(key, value);
			}

		});
		this.commands.hset(new byte[] { 'b' }, fields);
		return 1;
	}

	@Override
	public void close() {
		this.connection.close();
		this.client.shutdown();
	}

}
