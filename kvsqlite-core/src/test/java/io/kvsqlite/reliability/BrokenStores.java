package io.kvsqlite.reliability;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.ForwardingKvStore;

/**
 * Stores with one bug each, of the kind that costs people their data. Tests that do not
 * notice them are worth nothing.
 */
final class BrokenStores {

	private static final int MANY = 100_000;

	private BrokenStores() {
	}

	/**
	 * A store that lets everybody write, whoever owns the actor.
	 */
	static KvStore skippingTheEpochCheck(KvStore store) {
		return new EpochBlind(store);
	}

	/**
	 * A store that says a write is done, and then does it, if nothing comes in between.
	 */
	static KvStore acknowledgingBeforeApplying(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			private final Queue<KvWrite> queue = new ArrayDeque<>();

			@Override
			public byte[] @Nullable [] read(byte[][] keys) {
				apply();
				return super.read(keys);
			}

			@Override
			public void write(KvWrite write) {
				apply();
				this.queue.add(copy(write, Part.ALL));
			}

			private void apply() {
				while (!this.queue.isEmpty()) {
					super.write(this.queue.remove());
				}
			}

		});
	}

	/**
	 * A store whose range deletes leave the last key.
	 */
	static KvStore keepingTheLastKeyOfARange(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void write(KvWrite write) {
				KvWrite changed = copy(write, Part.ALL_BUT_RANGES);
				write.forEach(new Parts() {

					@Override
					public void deleteRange(byte[] from, byte[] to) {
						changed.deleteRange(from, last(from, to));
					}

				});
				super.write(changed);
			}

			private byte[] last(byte[] from, byte[] to) {
				try (KvSnapshot snapshot = store.snapshot(actorId())) {
					byte[] last = from;
					for (byte[] key : snapshot.keys(from, MANY)) {
						if (Arrays.compareUnsigned(key, to) < 0) {
							last = key;
						}
					}
					return last;
				}
			}

		});
	}

	/**
	 * A store that deletes one key more than a range has, the one before it: when a file
	 * is cut, the last chunk that is to stay.
	 */
	static KvStore deletingTheKeyBeforeARange(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void write(KvWrite write) {
				KvWrite changed = copy(write, Part.ALL_BUT_RANGES);
				write.forEach(new Parts() {

					@Override
					public void deleteRange(byte[] from, byte[] to) {
						changed.deleteRange(before(from), to);
					}

				});
				super.write(changed);
			}

			private byte[] before(byte[] key) {
				byte[] before = key.clone();
				int last = before.length - 1;
				if (before[last] != 0) {
					before[last]--;
				}
				return before;
			}

		});
	}

	/**
	 * A store that makes two writes of one.
	 */
	static KvStore splittingBatches(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void write(KvWrite write) {
				super.write(copy(write, Part.EVEN));
				super.write(copy(write, Part.ODD));
			}

		});
	}

	/**
	 * A store that makes two writes of one, each within the limits, and counts them as
	 * one.
	 */
	static KvStore splittingBatchesUnnoticed(KvStore store) {
		return new Halving(store);
	}

	/**
	 * A store of which every seventh write fails, with half of it done.
	 */
	static KvStore applyingAPartOfFailedBatches(KvStore store) {
		AtomicInteger writes = new AtomicInteger();
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void write(KvWrite write) {
				if (writes.incrementAndGet() % 7 == 0) {
					super.write(copy(write, Part.EVEN));
					throw new KvIndeterminateException("Injected: only a part was done");
				}
				super.write(write);
			}

		});
	}

	/**
	 * A store that answers from a cache when the actor belongs to somebody else.
	 */
	static KvStore servingACacheAfterAFatalError(KvStore store) {
		Map<String, byte[]> cache = new ConcurrentHashMap<>();
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public byte[] @Nullable [] read(byte[][] keys) {
				try {
					byte[] @Nullable [] values = super.read(keys);
					for (int i = 0; i < keys.length; i++) {
						if (values[i] != null) {
							cache.put(ChunkKeys.describe(keys[i]), values[i]);
						}
					}
					return values;
				}
				catch (KvOwnershipLostException ex) {
					byte[] @Nullable [] values = new byte[keys.length][];
					for (int i = 0; i < keys.length; i++) {
						values[i] = cache.get(ChunkKeys.describe(keys[i]));
						if (values[i] == null) {
							throw ex;
						}
					}
					return values;
				}
			}

			@Override
			public void write(KvWrite write) {
				super.write(write);
				write.forEach(new Parts() {

					@Override
					public void put(byte[] key, byte[] value) {
						cache.put(ChunkKeys.describe(key), value.clone());
					}

				});
			}

		});
	}

	/**
	 * A store that forgets to delete single keys.
	 */
	static KvStore forgettingDeletes(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void write(KvWrite write) {
				super.write(copy(write, Part.ALL_BUT_DELETES));
			}

		});
	}

	/**
	 * A store whose sessions delete their actor, whoever owns it by now.
	 */
	static KvStore deletingWithoutTheEpochCheck(KvStore store) {
		return wrapping(store, (session) -> new Session(session) {

			@Override
			public void delete() {
				store.delete(actorId(), true);
			}

		});
	}

	private static KvStore wrapping(KvStore store, Wrapper wrapper) {
		return new ForwardingKvStore(store) {

			@Override
			protected KvSession wrap(KvSession session) {
				return wrapper.wrap(session);
			}

		};
	}

	private static KvWrite copy(KvWrite write, Part part) {
		KvWrite copy = new KvWrite();
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			private int count;

			@Override
			public void put(byte[] key, byte[] value) {
				if (takes()) {
					copy.put(key.clone(), value.clone());
				}
			}

			@Override
			public void delete(byte[] key) {
				if (takes() && part != Part.ALL_BUT_DELETES) {
					copy.delete(key.clone());
				}
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
				if (takes() && part != Part.ALL_BUT_RANGES) {
					copy.deleteRange(from.clone(), to.clone());
				}
			}

			private boolean takes() {
				int number = this.count++;
				return switch (part) {
					case EVEN -> number % 2 == 0;
					case ODD -> number % 2 == 1;
					default -> true;
				};
			}

		});
		return copy;
	}

	private enum Part {

		ALL, ALL_BUT_RANGES, ALL_BUT_DELETES, EVEN, ODD

	}

	private interface Wrapper {

		KvSession wrap(KvSession session);

	}

	private abstract static class Session extends ForwardingKvStore.ForwardingKvSession {

		Session(KvSession delegate) {
			super(delegate);
		}

	}

	private abstract static class Parts implements KvWrite.Visitor<RuntimeException> {

		@Override
		public void put(byte[] key, byte[] value) {
		}

		@Override
		public void delete(byte[] key) {
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) {
		}

	}

	private static final class Halving extends ForwardingKvStore {

		Halving(KvStore delegate) {
			super(delegate);
		}

		@Override
		protected KvSession wrap(KvSession session) {
			return new Session(session) {

				@Override
				public KvCommit lastCommit() {
					KvCommit last = super.lastCommit();
					return (last.number() > 1) ? new KvCommit(last.number() / 2, last.writer()) : KvCommit.NONE;
				}

				@Override
				public void write(KvWrite write) {
					if (!write.fits(limits())) {
						super.write(write);
					}
					super.write(copy(write, Part.EVEN));
					super.write(copy(write, Part.ODD));
				}

			};
		}

		@Override
		protected KvSnapshot wrap(KvSnapshot snapshot) {
			return new ForwardingKvSnapshot(snapshot) {

				@Override
				public long commit() {
					return super.commit() / 2;
				}

			};
		}

		@Override
		public @Nullable KvOwner owner(String actorId) {
			KvOwner owner = super.owner(actorId);
			return (owner != null) ? new KvOwner(owner.holder(), owner.live(), owner.epoch(), owner.commit() / 2)
					: null;
		}

	}

	private static final class EpochBlind extends ForwardingKvStore {

		private final Map<String, KvSession> latest = new ConcurrentHashMap<>();

		EpochBlind(KvStore delegate) {
			super(delegate);
		}

		@Override
		public KvOpening open(String actorId, byte[][] keys) {
			KvOpening opening = super.open(actorId, keys);
			this.latest.put(actorId, opening.session());
			return new KvOpening(new Session(opening.session()) {

				@Override
				public void write(KvWrite write) {
					try {
						EpochBlind.this.latest.getOrDefault(actorId, delegate()).write(write);
					}
					catch (KvOwnershipLostException | KvClosedException ex) {
						KvSession session = EpochBlind.this.delegate().open(actorId, new byte[0][]).session();
						EpochBlind.this.latest.put(actorId, session);
						session.write(write);
					}
				}

			}, opening.values());
		}

	}

}
