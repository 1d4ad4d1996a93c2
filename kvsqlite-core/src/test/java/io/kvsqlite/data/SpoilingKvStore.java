package io.kvsqlite.data;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.ForwardingKvStore;

/**
 * Another store, which flips a bit of one chunk whenever it is written.
 */
final class SpoilingKvStore extends ForwardingKvStore {

	private final String key;

	/**
	 * Create a store.
	 * @param delegate keeps the chunks
	 * @param key which one is spoiled, as {@link ChunkKeys#describe} says it
	 */
	SpoilingKvStore(KvStore delegate, String key) {
		super(delegate);
		this.key = key;
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new ForwardingKvSession(session) {

			@Override
			public void write(KvWrite write) {
				super.write(spoiled(write));
			}

		};
	}

	private KvWrite spoiled(KvWrite write) {
		KvWrite spoiled = new KvWrite();
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				byte[] stored = value.clone();
				if (ChunkKeys.describe(key).equals(SpoilingKvStore.this.key)) {
					stored[17] ^= 1;
				}
				spoiled.put(key, stored);
			}

			@Override
			public void delete(byte[] key) {
				spoiled.delete(key);
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
				spoiled.deleteRange(from, to);
			}

		});
		return spoiled;
	}

}
