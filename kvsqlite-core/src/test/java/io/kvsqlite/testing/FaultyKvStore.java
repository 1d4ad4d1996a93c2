package io.kvsqlite.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.StoreOperation.Kind;

/**
 * Makes operations on another store go wrong, one {@link Fault} at a time, and keeps a
 * log that the same seed and the same calls reproduce.
 *
 * <p>
 * Not thread-safe: a run that is to be reproduced has one thread.
 */
public final class FaultyKvStore extends ForwardingKvStore {

	/**
	 * How long an operation takes longer that is slow, unless told otherwise.
	 */
	private static final Duration SLOW = Duration.ofMillis(2);

	private final List<StoreOperation> log = new ArrayList<>();

	private final List<LateChange> lateChanges = new ArrayList<>();

	private final Map<String, byte[]> values = new HashMap<>();

	private final Map<String, byte[]> earlierValues = new HashMap<>();

	private final Random random;

	private Duration slowness = SLOW;

	private @Nullable Fault fault;

	private int counted;

	private int fired;

	private int lateRefused;

	private int lateApplied;

	private int served;

	private @Nullable Throwable thrown;

	/**
	 * Create a store without a fault.
	 * @param delegate the store that does the work; closed with this one
	 * @param seed decides which value of a reply is damaged, and where
	 */
	public FaultyKvStore(KvStore delegate, long seed) {
		super(delegate);
		this.random = new Random(seed);
	}

	/**
	 * Let something go wrong. Operations are counted from here; an earlier fault is
	 * forgotten.
	 * @param fault what and where
	 */
	public void inject(Fault fault) {
		this.fault = fault;
		this.counted = 0;
		this.fired = 0;
		this.thrown = null;
	}

	/**
	 * Change how long a slow operation takes.
	 * @param slowness by how much longer
	 */
	public void slowness(Duration slowness) {
		this.slowness = slowness;
	}

	/**
	 * Let nothing go wrong any more. What is to arrive late still does.
	 */
	public void heal() {
		this.fault = null;
	}

	/**
	 * Return how often the fault hit.
	 * @return a number of operations
	 */
	public int fired() {
		return this.fired;
	}

	/**
	 * Return the exception thrown last, instead of a reply.
	 * @return the exception, or {@code null} if none was thrown
	 */
	public @Nullable Throwable thrown() {
		return this.thrown;
	}

	/**
	 * Return how many writes and deletions are still to arrive late, when their actor is
	 * opened.
	 * @return their number
	 */
	public int underWay() {
		return this.lateChanges.size();
	}

	/**
	 * Return how many writes and deletions arrived late and were refused, as they should.
	 * @return their number
	 */
	public int lateRefused() {
		return this.lateRefused;
	}

	/**
	 * Return how many writes and deletions arrived under an epoch that was no longer
	 * current, and were applied: any is a breach of the contract.
	 * @return their number
	 */
	public int lateApplied() {
		return this.lateApplied;
	}

	/**
	 * Return how many operations were done for a session that had lost its ownership: any
	 * is a breach of the contract.
	 * @return a number of operations
	 */
	public int servedWithoutOwnership() {
		return this.served;
	}

	/**
	 * Return how many operations there were since this store was made.
	 * @return the length of the log
	 */
	public int count() {
		return this.log.size();
	}

	/**
	 * Return all operations since this store was made.
	 * @return the log, in order
	 */
	public List<StoreOperation> log() {
		return List.copyOf(this.log);
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		FaultKind kind = next(Kind.OPEN, actorId, keys.length, WriteCopy.checksum(keys), keys);
		deliver(actorId, FaultKind.ARRIVES_BEFORE_OPEN);
		before(kind);
		KvOpening opening = super.open(actorId, keys);
		deliver(actorId, FaultKind.ARRIVES_AFTER_OPEN);
		// the caller never sees this session when the reply is lost, so it stays open
		after(kind, Kind.OPEN);
		return new KvOpening(opening.session(), damage(kind, actorId, keys, opening.values()));
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		FaultKind kind = next(Kind.DELETE, actorId, 0, 0, null);
		before(kind);
		boolean deleted = super.delete(actorId, force);
		after(kind, Kind.DELETE);
		return deleted;
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new FaultyKvSession(session);
	}

	/**
	 * Note an operation.
	 * @return the fault that it is to have
	 */
	private @Nullable FaultKind next(Kind operation, String actorId, int keys, int checksum,
			byte @Nullable [] @Nullable [] named) {
		FaultKind kind = hit(operation, named);
		this.log.add(new StoreOperation(this.log.size() + 1, operation, actorId, keys, checksum, kind));
		return kind;
	}

	private @Nullable FaultKind hit(Kind operation, byte @Nullable [] @Nullable [] named) {
		Fault fault = this.fault;
		if (fault == null || !fault.kind().appliesTo(operation)
				|| (fault.operation() != null && fault.operation() != operation)
				|| (fault.key() != null && !names(named, fault.key()))) {
			return null;
		}
		this.counted++;
		boolean hit = fault.persistent() ? this.counted >= fault.nth() : this.counted == fault.nth();
		if (!hit) {
			return null;
		}
		this.fired++;
		return fault.kind();
	}

	private static boolean names(byte @Nullable [] @Nullable [] named, byte[] key) {
		return named != null && Arrays.stream(named).anyMatch((candidate) -> Arrays.equals(candidate, key));
	}

	private void before(@Nullable FaultKind kind) {
		if (kind == null) {
			return;
		}
		switch (kind) {
			case ERROR_BEFORE -> fail(new KvUnavailableException("Injected: not done"));
			case STORE_FULL -> fail(new KvStoreFullException("Injected: no room"));
			case REPLY_LOST -> fail(new KvIndeterminateException("Injected: never arrived"));
			case RUNTIME_EXCEPTION -> fail(new IllegalStateException("Injected: a store that breaks its contract"));
			case ERROR_THROWN -> failWith(new InjectedError("Injected: an error in the store"));
			case SLOW -> pause();
			default -> {
			}
		}
	}

	private void after(@Nullable FaultKind kind, Kind operation) {
		if (kind == null) {
			return;
		}
		switch (kind) {
			case ERROR_AFTER -> failAfter(operation, "Injected: done, but the reply was lost");
			case RUNTIME_EXCEPTION_AFTER ->
				fail(new IllegalStateException("Injected: a store that breaks its contract, afterwards"));
			case ERROR_THROWN_AFTER -> failWith(new InjectedError("Injected: an error in the store, afterwards"));
			case INTERRUPTED -> {
				Thread.currentThread().interrupt();
				failAfter(operation, "Injected: interrupted while waiting for the reply");
			}
			default -> {
			}
		}
	}

	private void failAfter(Kind operation, String message) {
		boolean changes = operation != Kind.OPEN && operation != Kind.READ;
		fail(changes ? new KvIndeterminateException(message) : new KvUnavailableException(message));
	}

	private void fail(RuntimeException exception) {
		this.thrown = exception;
		throw exception;
	}

	private void failWith(Error error) {
		this.thrown = error;
		throw error;
	}

	private void pause() {
		try {
			TimeUnit.NANOSECONDS.sleep(this.slowness.toNanos());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Let the lost writes and deletions of an actor arrive.
	 */
	private void deliver(String actorId, FaultKind when) {
		this.lateChanges.removeIf((late) -> {
			if (late.when != when || !late.actorId.equals(actorId)) {
				return false;
			}
			boolean refused = arrivesLate(late);
			if (when == FaultKind.ARRIVES_AFTER_OPEN) {
				if (refused) {
					this.lateRefused++;
				}
				else {
					this.lateApplied++;
				}
			}
			return true;
		});
	}

	private static boolean arrivesLate(LateChange late) {
		try {
			late.change.run();
			return false;
		}
		catch (KvOwnershipLostException | KvClosedException ex) {
			return true;
		}
	}

	/**
	 * Damage one value of a reply.
	 */
	private byte[] @Nullable [] damage(@Nullable FaultKind kind, String actorId, byte[][] keys,
			byte[] @Nullable [] reply) {
		if (kind == null || !(kind.effect() == FaultKind.Effect.DAMAGED_REPLY
				|| kind.effect() == FaultKind.Effect.WRONG_REPLY)) {
			return reply;
		}
		int chosen = choose(kind, actorId, keys, reply);
		if (chosen < 0) {
			// nothing in this reply can be damaged: let the next one be hit
			this.fired--;
			this.counted--;
			this.log.add(this.log.remove(this.log.size() - 1).withoutFault());
			return reply;
		}
		byte[] value = reply[chosen];
		byte[] @Nullable [] damaged = reply.clone();
		if (value != null) {
			damaged[chosen] = damaged(kind, actorId, keys[chosen], value);
		}
		return damaged;
	}

	private int choose(FaultKind kind, String actorId, byte[][] keys, byte[] @Nullable [] reply) {
		Fault fault = this.fault;
		List<Integer> candidates = new ArrayList<>();
		for (int i = 0; i < reply.length; i++) {
			byte[] value = reply[i];
			boolean journal = kind == FaultKind.ABSENT && Arrays.equals(keys[i], ChunkKeys.metadata(FileTag.JOURNAL));
			boolean meant = fault == null || fault.key() == null || Arrays.equals(keys[i], fault.key());
			if (value != null && value.length > 0 && !journal && meant
					&& (kind != FaultKind.STALE || !Arrays.equals(value, earlier(actorId, keys[i], value)))) {
				candidates.add(i);
			}
		}
		return candidates.isEmpty() ? -1 : candidates.get(this.random.nextInt(candidates.size()));
	}

	private byte @Nullable [] damaged(FaultKind kind, String actorId, byte[] key, byte[] value) {
		return switch (kind) {
			case SHORT -> Arrays.copyOf(value, this.random.nextInt(value.length));
			case LONG -> Arrays.copyOf(value, value.length + 1);
			case FLIPPED -> {
				byte[] flipped = value.clone();
				Fault fault = this.fault;
				int bit = (fault != null && fault.bit() >= 0) ? fault.bit() % (8 * flipped.length)
						: 8 * this.random.nextInt(flipped.length) + this.random.nextInt(8);
				flipped[bit / 8] ^= (byte) (1 << bit % 8);
				yield flipped;
			}
			case STALE -> earlier(actorId, key, value);
			default -> null;
		};
	}

	private byte[] earlier(String actorId, byte[] key, byte[] value) {
		return this.earlierValues.getOrDefault(name(actorId, key), value);
	}

	/**
	 * Learn of a write that another store has done before, so that the values which it
	 * wrote over can come back.
	 * @param actorId the actor
	 * @param write what was written; later calls are later writes
	 */
	public void remember(String actorId, KvWrite write) {
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				String name = name(actorId, key);
				byte[] earlier = FaultyKvStore.this.values.put(name, value.clone());
				if (earlier != null) {
					FaultyKvStore.this.earlierValues.put(name, earlier);
				}
			}

			@Override
			public void delete(byte[] key) {
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
			}

		});
	}

	private static String name(String actorId, byte[] key) {
		return actorId + ' ' + ChunkKeys.describe(key);
	}

	/**
	 * A write or a deletion that is still under way.
	 *
	 * @param actorId the actor
	 * @param change does it, for the session that sent it
	 * @param when before or after which event it arrives
	 */
	private record LateChange(String actorId, Runnable change, FaultKind when) {
	}

	private final class FaultyKvSession extends ForwardingKvSession {

		FaultyKvSession(KvSession session) {
			super(session);
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			FaultKind kind = next(Kind.READ, actorId(), keys.length, WriteCopy.checksum(keys), keys);
			loseOwnership(kind);
			before(kind);
			byte[] @Nullable [] values = super.read(keys);
			noteServed(kind);
			after(kind, Kind.READ);
			return damage(kind, actorId(), keys, values);
		}

		@Override
		public void write(KvWrite write) {
			FaultKind kind = next(Kind.WRITE, actorId(), write.keys(), WriteCopy.checksum(write), namedBy(write));
			loseOwnership(kind);
			before(kind);
			KvWrite copy = (kind != null) ? WriteCopy.of(write) : write;
			delay(kind, () -> delegate().write(copy));
			if (kind == FaultKind.PARTIAL_BATCH) {
				super.write(WriteCopy.ofFirst(write, write.keys() / 2));
				fail(new KvIndeterminateException("Injected: only a part was done"));
			}
			super.write(write);
			noteServed(kind);
			Fault fault = FaultyKvStore.this.fault;
			if (fault != null && fault.kind() == FaultKind.STALE) {
				remember(actorId(), write);
			}
			duplicate(kind, () -> delegate().write(copy));
			after(kind, Kind.WRITE);
		}

		@Override
		public void delete() {
			FaultKind kind = next(Kind.DELETE_OWNED, actorId(), 0, 0, null);
			loseOwnership(kind);
			before(kind);
			delay(kind, delegate()::delete);
			super.delete();
			noteServed(kind);
			duplicate(kind, delegate()::delete);
			after(kind, Kind.DELETE_OWNED);
		}

		@Override
		public void close() {
			next(Kind.CLOSE, actorId(), 0, 0, null);
			super.close();
		}

		/**
		 * Take the actor away, through the store's own door, so that it is the store that
		 * refuses.
		 */
		private void loseOwnership(@Nullable FaultKind kind) {
			if (kind == FaultKind.OWNERSHIP_LOST) {
				FaultyKvStore.this.delegate().open(actorId(), new byte[0][]).session().close();
				FaultyKvStore.this.thrown = new KvOwnershipLostException(actorId(), epoch());
			}
		}

		private void delay(@Nullable FaultKind kind, Runnable change) {
			if (kind == FaultKind.ARRIVES_BEFORE_OPEN || kind == FaultKind.ARRIVES_AFTER_OPEN) {
				FaultyKvStore.this.lateChanges.add(new LateChange(actorId(), change, kind));
				fail(new KvIndeterminateException("Injected: still under way"));
			}
		}

		private void duplicate(@Nullable FaultKind kind, Runnable change) {
			if (kind == FaultKind.DUPLICATE) {
				FaultyKvStore.this.lateChanges.add(new LateChange(actorId(), change, FaultKind.ARRIVES_AFTER_OPEN));
			}
		}

		private void noteServed(@Nullable FaultKind kind) {
			if (kind == FaultKind.OWNERSHIP_LOST) {
				FaultyKvStore.this.served++;
			}
		}

		private byte[] @Nullable [] namedBy(KvWrite write) {
			Fault fault = FaultyKvStore.this.fault;
			if (fault == null || fault.key() == null) {
				return null;
			}
			List<byte[]> keys = new ArrayList<>();
			write.forEach(new KvWrite.Visitor<RuntimeException>() {

				@Override
				public void put(byte[] key, byte[] value) {
					keys.add(key);
				}

				@Override
				public void delete(byte[] key) {
					keys.add(key);
				}

				@Override
				public void deleteRange(byte[] from, byte[] to) {
				}

			});
			return keys.toArray(byte[][]::new);
		}

	}

	/**
	 * Tell whether an exception, or one of its causes, is one that this store threw.
	 * @param exception the exception
	 * @return whether it is
	 */
	public boolean isBehind(Throwable exception) {
		Throwable thrown = this.thrown;
		for (Throwable cause = exception; cause != null && thrown != null; cause = cause.getCause()) {
			if (cause.getClass() == thrown.getClass()) {
				return true;
			}
		}
		return false;
	}

}
