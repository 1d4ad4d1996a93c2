package io.kvsqlite.data;

import java.util.function.Supplier;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.ForwardingKvStore;
import org.jspecify.annotations.Nullable;

/**
 * Another store, of which every operation on an actor may be interrupted.
 */
final class InterruptedKvStore extends ForwardingKvStore {

	private final Interruption interruption;

	InterruptedKvStore(KvStore delegate, Interruption interruption) {
		super(delegate);
		this.interruption = interruption;
	}

	private <T extends @Nullable Object> T between(Supplier<T> operation) {
		this.interruption.step();
		T result = operation.get();
		this.interruption.step();
		return result;
	}

	private void between(Runnable operation) {
		this.interruption.step();
		operation.run();
		this.interruption.step();
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		return between(() -> {
			KvOpening opening = super.open(actorId, keys);
			this.interruption.opened();
			return opening;
		});
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		return between(() -> super.snapshot(actorId));
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		return between(() -> super.owner(actorId));
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		return between(() -> super.delete(actorId, force));
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new ForwardingKvSession(session) {

			@Override
			public byte[] @Nullable [] read(byte[][] keys) {
				return between(() -> super.read(keys));
			}

			@Override
			public void write(KvWrite write) {
				between(() -> super.write(write));
			}

			@Override
			public void delete() {
				between(super::delete);
			}

			@Override
			public void close() {
				between(super::close);
			}

		};
	}

	@Override
	protected KvSnapshot wrap(KvSnapshot snapshot) {
		return new ForwardingKvSnapshot(snapshot) {

			@Override
			public byte[] @Nullable [] read(byte[][] keys) {
				return between(() -> super.read(keys));
			}

			@Override
			public byte[][] keys(byte[] from, int limit) {
				return between(() -> super.keys(from, limit));
			}

			@Override
			public void close() {
				between(super::close);
			}

		};
	}

}
