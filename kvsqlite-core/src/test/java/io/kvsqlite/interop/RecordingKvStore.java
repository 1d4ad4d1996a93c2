package io.kvsqlite.interop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

import io.kvsqlite.interop.KvLog.Change;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.ForwardingKvStore;
import org.jspecify.annotations.Nullable;

/**
 * Another store, whose writes to its one actor are kept as a log. Range deletes stand in
 * the log as the keys that they hit.
 */
final class RecordingKvStore extends ForwardingKvStore {

	static final String ACTOR = "actor";

	private static final int KEYS_AT_ONCE = 1000;

	private final NavigableMap<byte[], byte[]> namespace = new TreeMap<>(Arrays::compareUnsigned);

	private final List<List<Change>> writes = new ArrayList<>();

	RecordingKvStore(KvStore delegate) {
		super(delegate);
	}

	/**
	 * Give the actor what a log leaves, in as few writes as the limits allow.
	 * @param contents the log
	 */
	void load(KvLog contents) {
		try (KvSession session = open(ACTOR, new byte[0][]).session()) {
			KvWrite write = new KvWrite();
			for (Map.Entry<byte[], byte[]> entry : contents.namespace().entrySet()) {
				long bytes = write.bytes() + entry.getKey().length + entry.getValue().length;
				if (write.keys() == limits().maxKeys() || bytes > limits().maxBytes()) {
					session.write(write);
					write = new KvWrite();
				}
				write.put(entry.getKey(), entry.getValue());
			}
			session.write(write);
		}
	}

	/**
	 * Return the whole namespace as one write.
	 * @return the dump
	 */
	KvLog dump() {
		return KvLog.dump(this.namespace);
	}

	/**
	 * Return the writes since the last call of {@link #forget()}, preceded by the
	 * namespace as it was then.
	 * @return the log
	 */
	KvLog log() {
		return new KvLog(List.copyOf(this.writes));
	}

	/**
	 * Start the log anew.
	 */
	void forget() {
		this.writes.clear();
		this.writes.addAll(dump().writes());
	}

	/**
	 * Return what the other store holds of the actor.
	 * @return its keys and values, in their order
	 */
	NavigableMap<byte[], byte[]> stored() {
		NavigableMap<byte[], byte[]> stored = new TreeMap<>(Arrays::compareUnsigned);
		try (KvSnapshot snapshot = snapshot(ACTOR)) {
			byte[] from = {};
			byte[][] keys = snapshot.keys(from, KEYS_AT_ONCE);
			while (keys.length > 0) {
				byte[] @Nullable [] values = snapshot.read(keys);
				for (int i = 0; i < keys.length; i++) {
					stored.put(keys[i], Objects.requireNonNull(values[i]));
				}
				byte[] last = keys[keys.length - 1];
				from = Arrays.copyOf(last, last.length + 1);
				keys = snapshot.keys(from, KEYS_AT_ONCE);
			}
		}
		return stored;
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new RecordingKvSession(session);
	}

	private final class RecordingKvSession extends ForwardingKvSession {

		RecordingKvSession(KvSession delegate) {
			super(delegate);
		}

		@Override
		public void write(KvWrite write) {
			super.write(write);
			List<Change> changes = new ArrayList<>();
			write.forEach(new Recorder(changes));
			RecordingKvStore.this.writes.add(changes);
		}

		@Override
		public void delete() {
			super.delete();
			List<Change> changes = new ArrayList<>();
			Recorder recorder = new Recorder(changes);
			List.copyOf(RecordingKvStore.this.namespace.keySet()).forEach(recorder::delete);
			RecordingKvStore.this.writes.add(changes);
		}

	}

	private final class Recorder implements KvWrite.Visitor<RuntimeException> {

		private final List<Change> changes;

		Recorder(List<Change> changes) {
			this.changes = changes;
		}

		@Override
		public void put(byte[] key, byte[] value) {
			byte[] copy = value.clone();
			this.changes.add(new Change(key, copy));
			RecordingKvStore.this.namespace.put(key, copy);
		}

		@Override
		public void delete(byte[] key) {
			this.changes.add(new Change(key, null));
			RecordingKvStore.this.namespace.remove(key);
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) {
			List.copyOf(RecordingKvStore.this.namespace.subMap(from, to).keySet()).forEach(this::delete);
		}

	}

}
