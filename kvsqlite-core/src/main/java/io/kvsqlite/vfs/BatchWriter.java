package io.kvsqlite.vfs;

import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of puts into as few atomic writes as the store's limits allow, in order:
 * what is put later is never stored without what was put earlier. Only what has reached
 * the store is reported as stored.
 */
final class BatchWriter {

	private final ActorSession session;

	private final KvLimits limits;

	private final List<Runnable> stored = new ArrayList<>();

	private KvWrite write = new KvWrite();

	private int writes;

	BatchWriter(ActorSession session) {
		this.session = session;
		this.limits = session.limits();
	}

	/**
	 * Add a put.
	 * @param whenStored what to do once it has reached the store
	 */
	void put(byte[] key, byte[] value, Runnable whenStored) {
		if (this.write.keys() + 1 > this.limits.maxKeys()
				|| this.write.bytes() + key.length + value.length > this.limits.maxBytes()) {
			flush();
		}
		this.write.put(key, value);
		this.stored.add(whenStored);
	}

	/**
	 * Add two puts that must be stored together.
	 */
	void putTogether(byte[] key, byte[] value, byte @Nullable [] otherKey, byte @Nullable [] otherValue,
			Runnable whenStored) {
		if (otherKey == null || otherValue == null) {
			put(key, value, whenStored);
			return;
		}
		if (this.write.keys() + 2 > this.limits.maxKeys() || this.write.bytes() + key.length + value.length
				+ otherKey.length + otherValue.length > this.limits.maxBytes()) {
			flush();
		}
		this.write.put(key, value).put(otherKey, otherValue);
		this.stored.add(whenStored);
	}

	/**
	 * Write what is left.
	 */
	void flush() {
		if (this.write.isEmpty()) {
			return;
		}
		this.session.write(this.write);
		this.writes++;
		this.stored.forEach(Runnable::run);
		this.stored.clear();
		this.write = new KvWrite();
	}

	/**
	 * Leave what is left, if something was written: a full batch later is cheaper than a
	 * part of one now.
	 */
	void flushUnlessSomethingWasWritten() {
		if (this.writes == 0) {
			flush();
		}
	}

}
