package io.kvsqlite.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvFoundOwner;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * A server in the memory of this process, that several owners share and that travels back
 * in time: it {@linkplain #forget forgets} its last operations, opens included, as a
 * replica does that was behind when it was promoted. Its {@linkplain #connect clients}
 * know nothing of that, and keep what they were told.
 *
 * <p>
 * It gives out numbers: to actors, from which their epochs are counted and by which it
 * keeps their namespaces, as PostgreSQL's store does. So after it went back the same
 * numbers come again, for other actors too.
 *
 * <p>
 * Safe for use by many threads, one at a time. The {@linkplain Mistake mistakes} that it
 * can be made with are those that tests must notice.
 */
public final class ForgetfulKvServer {

	private static final long EPOCHS_OF_A_NUMBER = 65_536;

	private static final int RETRIES = 2;

	private final KvLimits limits;

	private final Set<Mistake> mistakes;

	private final TreeMap<byte[], Row> rows = new TreeMap<>(Arrays::compareUnsigned);

	private final Map<Long, TreeMap<byte[], byte[]>> namespaces = new HashMap<>();

	private long lastNumber;

	/**
	 * How to undo each operation so far, the last at the end.
	 */
	private final List<List<Runnable>> undo = new ArrayList<>();

	private final Set<String> dead = new HashSet<>();

	private int owners;

	private long sessionsMade;

	private Interruption interruption = (operation, attempt) -> Answer.ARRIVES;

	/**
	 * Create a server.
	 * @param limits what fits in one write
	 * @param mistakes what it, or its clients, do wrong
	 */
	public ForgetfulKvServer(KvLimits limits, Mistake... mistakes) {
		this.limits = limits;
		this.mistakes = EnumSet.noneOf(Mistake.class);
		this.mistakes.addAll(List.of(mistakes));
	}

	/**
	 * Connect an owner.
	 * @param ownerName its name, as others see it
	 * @return a store over this server's data
	 */
	public synchronized KvStore connect(String ownerName) {
		return new Client(ownerName, ownerName + "#" + ++this.owners);
	}

	/**
	 * Let an owner's lease end, and not be renewed. Time goes on for leases when the data
	 * go back.
	 * @param store what {@link #connect} returned
	 */
	public synchronized void endLease(KvStore store) {
		this.dead.add(((Client) store).ownerId);
	}

	/**
	 * Return how many operations the server remembers: opens, reads, writes, deletions
	 * and releases.
	 * @return a number that goes up by one with each, and down when it forgets
	 */
	public synchronized int operations() {
		return this.undo.size();
	}

	/**
	 * Go back to before the last operations.
	 * @param count how many; all that there were if there were fewer
	 */
	public synchronized void forget(int count) {
		for (int i = 0; i < count && !this.undo.isEmpty(); i++) {
			List<Runnable> steps = this.undo.remove(this.undo.size() - 1);
			for (int k = steps.size() - 1; k >= 0; k--) {
				steps.get(k).run();
			}
		}
	}

	/**
	 * Ask something before each operation of a client: it may let time pass, and decides
	 * whether the request and its answer arrive.
	 * @param interruption what to ask
	 */
	public synchronized void interruptWith(Interruption interruption) {
		this.interruption = interruption;
	}

	/**
	 * Return whether an actor is still as a session knows it: owned by it, and at its
	 * last commit or the one that it is about to make.
	 * @param session a session of one of the clients
	 * @return whether nothing that it relies on was forgotten
	 */
	public synchronized boolean isIntact(KvSession session) {
		Row row = this.rows.get(ActorIds.utf8(session.actorId()));
		return row != null && row.fence.equals(session.fence()) && (row.lastCommit.equals(session.lastCommit())
				|| row.lastCommit.equals(session.lastCommit().next(session.fence())));
	}

	private boolean makes(Mistake mistake) {
		return this.mistakes.contains(mistake);
	}

	private boolean lives(@Nullable String ownerId) {
		return ownerId != null && !this.dead.contains(ownerId);
	}

	private void begin() {
		this.undo.add(new ArrayList<>());
	}

	private void undoBy(Runnable step) {
		this.undo.get(this.undo.size() - 1).add(step);
	}

	private void put(byte[] id, @Nullable Row row) {
		Row earlier = (row != null) ? this.rows.put(id, row) : this.rows.remove(id);
		undoBy(() -> {
			if (earlier != null) {
				this.rows.put(id, earlier);
			}
			else {
				this.rows.remove(id);
			}
		});
	}

	private TreeMap<byte[], byte[]> namespace(long number) {
		return this.namespaces.computeIfAbsent(number, (key) -> new TreeMap<>(Arrays::compareUnsigned));
	}

	private void put(TreeMap<byte[], byte[]> namespace, byte[] key, byte @Nullable [] value) {
		byte[] copy = key.clone();
		byte[] earlier = (value != null) ? namespace.put(copy, value.clone()) : namespace.remove(copy);
		undoBy(() -> {
			if (earlier != null) {
				namespace.put(copy, earlier);
			}
			else {
				namespace.remove(copy);
			}
		});
	}

	private void clear(TreeMap<byte[], byte[]> namespace) {
		for (byte[] key : List.copyOf(namespace.keySet())) {
			put(namespace, key, null);
		}
	}

	private void apply(TreeMap<byte[], byte[]> namespace, KvWrite write) {
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				ForgetfulKvServer.this.put(namespace, key, value);
			}

			@Override
			public void delete(byte[] key) {
				ForgetfulKvServer.this.put(namespace, key, null);
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
				if (Arrays.compareUnsigned(from, to) < 0) {
					for (byte[] key : List.copyOf(namespace.subMap(from, to).keySet())) {
						ForgetfulKvServer.this.put(namespace, key, null);
					}
				}
			}

		});
	}

	private static byte[] @Nullable [] read(@Nullable TreeMap<byte[], byte[]> namespace, byte[][] keys) {
		byte[] @Nullable [] values = new byte[keys.length][];
		for (int i = 0; i < keys.length && namespace != null; i++) {
			byte[] value = namespace.get(keys[i]);
			values[i] = (value != null) ? value.clone() : null;
		}
		return values;
	}

	/**
	 * What a server, or its client, can do wrong with the identity of owners and commits.
	 */
	public enum Mistake {

		/**
		 * The writer of a commit is not kept: its number is all there is, and so it looks
		 * like a commit of whoever had the actor last.
		 */
		BARE_COMMIT_NUMBERS,

		/**
		 * The fence is the epoch.
		 */
		FENCE_FROM_THE_EPOCH,

		/**
		 * What an actor is owned by is its number, its epoch and its owner: no actor is
		 * named, and no fence.
		 */
		NO_FENCE_AND_NO_NAME,

		/**
		 * Reads are not conditional on the fence.
		 */
		READ_WITHOUT_FENCE,

		/**
		 * Reads and writes are not conditional on the last commit.
		 */
		LAST_COMMIT_NOT_COMPARED,

		/**
		 * The owner's deletion is not conditional on the fence.
		 */
		DELETE_WITHOUT_FENCE,

		/**
		 * The release is not conditional on the fence.
		 */
		RELEASE_WITHOUT_FENCE,

		/**
		 * The client answers what its second attempt was answered, whatever became of the
		 * first.
		 */
		DEFINITE_AFTER_AN_APPLIED_ATTEMPT

	}

	/**
	 * What becomes of one attempt at an operation.
	 */
	public enum Answer {

		/**
		 * It is done and answered.
		 */
		ARRIVES,

		/**
		 * It is done, its answer is lost, and the client tries again.
		 */
		LOST_AND_REPEATED,

		/**
		 * It is done, its answer is lost, and the client gives up.
		 */
		LOST,

		/**
		 * It never arrives, and the client gives up.
		 */
		NEVER_SENT

	}

	/**
	 * Is asked before each attempt at an operation of a client.
	 */
	@FunctionalInterface
	public interface Interruption {

		/**
		 * Decide what becomes of an attempt.
		 * @param operation what is attempted
		 * @param attempt 1, or more where an earlier answer was lost
		 * @return what becomes of it; a read and a release always arrive
		 */
		Answer before(StoreOperation.Kind operation, int attempt);

	}

	/**
	 * An actor's owner record.
	 *
	 * @param number what its namespace is kept by
	 * @param epoch the epoch
	 * @param fence the fence, {@link KvFence#NONE} if nobody has it
	 * @param ownerId who has it
	 * @param ownerName the name of who has it
	 * @param lastCommit the last commit
	 */
	private record Row(long number, long epoch, KvFence fence, @Nullable String ownerId, @Nullable String ownerName,
			KvCommit lastCommit) {

		Row released() {
			return new Row(this.number, this.epoch, KvFence.NONE, null, null, this.lastCommit);
		}

		Row at(KvCommit commit) {
			return new Row(this.number, this.epoch, this.fence, this.ownerId, this.ownerName, commit);
		}

		boolean exists() {
			return this.lastCommit.number() > 0;
		}

	}

	/**
	 * One owner.
	 */
	private final class Client implements KvStore {

		private final String ownerName;

		private final String ownerId;

		private final Set<Session> sessions = new HashSet<>();

		private boolean closed;

		Client(String ownerName, String ownerId) {
			this.ownerName = ownerName;
			this.ownerId = ownerId;
		}

		@Override
		public String type() {
			return "forgetful";
		}

		@Override
		public KvLimits limits() {
			return ForgetfulKvServer.this.limits;
		}

		@Override
		public int preloadChunks() {
			return 4;
		}

		@Override
		public KvOpening open(String actorId, byte[][] keys) {
			byte[] id = ActorIds.utf8(actorId);
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				ask(StoreOperation.Kind.OPEN, 1);
				ForgetfulKvServer server = ForgetfulKvServer.this;
				begin();
				Row row = server.rows.get(id);
				if (row != null && row.ownerId != null && !row.ownerId.equals(this.ownerId) && lives(row.ownerId)) {
					throw new KvActorOwnedException(actorId, String.valueOf(row.ownerName));
				}
				// a number is used up whether the actor is new or not
				long number = ++server.lastNumber;
				undoBy(() -> server.lastNumber--);
				long epoch = (row != null) ? row.epoch + 1 : number * EPOCHS_OF_A_NUMBER;
				KvFence fence = makes(Mistake.FENCE_FROM_THE_EPOCH) ? new KvFence(0, epoch) : KvFence.draw();
				KvCommit last = (row != null) ? row.lastCommit : KvCommit.NONE;
				Row taken = new Row((row != null) ? row.number : number, epoch, fence, this.ownerId, this.ownerName,
						last);
				put(id, taken);
				Session session = new Session(this, actorId, id, taken, seen(actorId, last));
				this.sessions.add(session);
				return new KvOpening(session,
						ForgetfulKvServer.read(taken.exists() ? namespace(taken.number) : null, keys));
			}
		}

		/**
		 * Return a commit as a client sees it that is told of its number alone: as one of
		 * its own where it has a session of the actor.
		 */
		private KvCommit seen(String actorId, KvCommit commit) {
			if (!makes(Mistake.BARE_COMMIT_NUMBERS) || commit.number() == 0) {
				return commit;
			}
			Session earlier = this.sessions.stream()
				.filter((session) -> session.actorId.equals(actorId))
				.max((one, other) -> Long.compare(one.serial, other.serial))
				.orElse(null);
			if (earlier == null) {
				return new KvCommit(commit.number(), new KvFence(0, 1));
			}
			return (commit.number() == earlier.lastCommit.number()) ? earlier.lastCommit
					: new KvCommit(commit.number(), earlier.fence);
		}

		private Answer ask(StoreOperation.Kind operation, int attempt) {
			return ForgetfulKvServer.this.interruption.before(operation, attempt);
		}

		@Override
		public KvSnapshot snapshot(String actorId) {
			byte[] id = ActorIds.utf8(actorId);
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				Row row = ForgetfulKvServer.this.rows.get(id);
				return new Snapshot(this, actorId,
						(row != null) ? new TreeMap<>(namespace(row.number)) : new TreeMap<>(Arrays::compareUnsigned),
						(row != null) ? row.lastCommit.number() : 0);
			}
		}

		@Override
		public KvActorPage actors(String prefix, @Nullable String after, int limit) {
			requirePositive(limit);
			byte[] from = prefix.isEmpty() ? new byte[0] : ActorIds.utf8(prefix);
			byte[] behind = (after != null) ? ActorIds.utf8(after) : null;
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				List<String> ids = ForgetfulKvServer.this.rows.entrySet()
					.stream()
					.filter((entry) -> entry.getValue().exists() && startsWith(entry.getKey(), from)
							&& (behind == null || Arrays.compareUnsigned(entry.getKey(), behind) > 0))
					.map((entry) -> new String(entry.getKey(), StandardCharsets.UTF_8))
					.limit(limit + 1L)
					.toList();
				return (ids.size() > limit) ? new KvActorPage(ids.subList(0, limit), ids.get(limit - 1))
						: new KvActorPage(ids, null);
			}
		}

		private static boolean startsWith(byte[] bytes, byte[] prefix) {
			return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
		}

		@Override
		public @Nullable KvOwner owner(String actorId) {
			byte[] id = ActorIds.utf8(actorId);
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				Row row = ForgetfulKvServer.this.rows.get(id);
				return (row != null && row.exists())
						? new KvOwner(row.ownerName, lives(row.ownerId), row.epoch, row.lastCommit.number()) : null;
			}
		}

		@Override
		public KvSize size(String actorId) {
			byte[] id = ActorIds.utf8(actorId);
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				Row row = ForgetfulKvServer.this.rows.get(id);
				if (row == null) {
					return new KvSize(0, 0);
				}
				TreeMap<byte[], byte[]> namespace = namespace(row.number);
				return new KvSize(namespace.size(),
						namespace.entrySet()
							.stream()
							.flatMap((entry) -> Stream.of(entry.getKey(), entry.getValue()))
							.mapToLong((bytes) -> bytes.length)
							.sum());
			}
		}

		@Override
		public boolean delete(String actorId, boolean force) {
			byte[] id = ActorIds.utf8(actorId);
			synchronized (ForgetfulKvServer.this) {
				requireOpen();
				ask(StoreOperation.Kind.DELETE, 1);
				begin();
				Row row = ForgetfulKvServer.this.rows.get(id);
				if (row == null) {
					return false;
				}
				if (lives(row.ownerId) && !force) {
					throw new KvActorOwnedException(actorId, String.valueOf(row.ownerName));
				}
				clear(namespace(row.number));
				put(id, null);
				return row.exists();
			}
		}

		@Override
		public void ping() {
			requireOpen();
		}

		@Override
		public void close() {
			synchronized (ForgetfulKvServer.this) {
				for (Session session : List.copyOf(this.sessions)) {
					session.close();
				}
				this.closed = true;
			}
		}

		void requireOpen() {
			if (this.closed) {
				throw new KvClosedException("The store of owner '%s' was closed".formatted(this.ownerName));
			}
		}

	}

	private static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	/**
	 * One ownership, as its client knows it.
	 */
	private final class Session implements KvSession {

		private final Client client;

		private final String actorId;

		private final byte[] id;

		private final long number;

		private final long epoch;

		private final KvFence fence;

		private final long serial;

		private KvCommit lastCommit;

		private boolean closed;

		private @Nullable RuntimeException over;

		Session(Client client, String actorId, byte[] id, Row row, KvCommit lastCommit) {
			this.client = client;
			this.actorId = actorId;
			this.id = id;
			this.number = row.number;
			this.epoch = row.epoch;
			this.fence = row.fence;
			this.lastCommit = lastCommit;
			this.serial = ++ForgetfulKvServer.this.sessionsMade;
		}

		@Override
		public String actorId() {
			return this.actorId;
		}

		@Override
		public long epoch() {
			return this.epoch;
		}

		@Override
		public KvFence fence() {
			return this.fence;
		}

		@Override
		public KvCommit lastCommit() {
			return this.lastCommit;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			synchronized (ForgetfulKvServer.this) {
				requireServing();
				this.client.ask(StoreOperation.Kind.READ, 1);
				begin();
				Row row = makes(Mistake.READ_WITHOUT_FENCE) ? ForgetfulKvServer.this.rows.get(this.id)
						: owned(this.lastCommit);
				if (row == null) {
					throw refused();
				}
				return ForgetfulKvServer.read(namespace(row.number), keys);
			}
		}

		@Override
		public void write(KvWrite write) {
			if (!write.fits(ForgetfulKvServer.this.limits)) {
				throw new KvLimitExceededException(
						"A write of %d keys and %d bytes to actor '%s' is over the limits, %s".formatted(write.keys(),
								write.bytes(), this.actorId, ForgetfulKvServer.this.limits));
			}
			synchronized (ForgetfulKvServer.this) {
				requireServing();
				KvCommit next = this.lastCommit.next(this.fence);
				change("Commit %d".formatted(next.number()), StoreOperation.Kind.WRITE, () -> {
					Row row = owned(this.lastCommit);
					if (row != null) {
						apply(namespace(row.number), write);
						put(idOf(row), row.at(next));
						return true;
					}
					return owned(next) != null;
				});
				this.lastCommit = next;
			}
		}

		@Override
		public void delete() {
			synchronized (ForgetfulKvServer.this) {
				requireServing();
				boolean[] repeated = new boolean[1];
				change("The deletion", StoreOperation.Kind.DELETE_OWNED, () -> {
					Row row = makes(Mistake.DELETE_WITHOUT_FENCE) ? ForgetfulKvServer.this.rows.get(this.id)
							: owned(null);
					boolean again = repeated[0];
					repeated[0] = true;
					if (row == null) {
						return again && !ForgetfulKvServer.this.rows.containsKey(this.id);
					}
					clear(namespace(row.number));
					put(idOf(row), null);
					return true;
				});
				this.over = new KvOwnershipLostException(this.actorId, this.epoch);
				this.client.sessions.remove(this);
			}
		}

		/**
		 * Make a change, again if its answer is lost.
		 * @param attempt returns whether it is done by now
		 */
		private void change(String what, StoreOperation.Kind kind, Attempt attempt) {
			boolean uncertain = false;
			for (int i = 1;; i++) {
				Answer answer = this.client.ask(kind, i);
				if (answer == Answer.NEVER_SENT) {
					throw endWith(new KvIndeterminateException(
							"%s of actor '%s' was never sent".formatted(what, this.actorId)));
				}
				begin();
				boolean done = attempt.run();
				if (answer == Answer.LOST || (answer == Answer.LOST_AND_REPEATED && i > RETRIES)) {
					throw endWith(new KvIndeterminateException(
							"The answer to %s of actor '%s' was lost".formatted(what, this.actorId)));
				}
				if (answer == Answer.LOST_AND_REPEATED) {
					uncertain = true;
				}
				else if (done) {
					return;
				}
				else if (uncertain && !makes(Mistake.DEFINITE_AFTER_AN_APPLIED_ATTEMPT)) {
					throw endWith(new KvIndeterminateException(
							"%s of actor '%s' was refused, but an earlier attempt may have been applied".formatted(what,
									this.actorId)));
				}
				else {
					throw refused();
				}
			}
		}

		private <T extends RuntimeException> T endWith(T reason) {
			this.over = reason;
			return reason;
		}

		/**
		 * Return the actor's record if this session still owns it, at a certain commit if
		 * one is given; else {@code null}.
		 */
		private @Nullable Row owned(@Nullable KvCommit at) {
			Row row = makes(Mistake.NO_FENCE_AND_NO_NAME) ? rowOfTheNumber() : ForgetfulKvServer.this.rows.get(this.id);
			if (row == null || (!makes(Mistake.NO_FENCE_AND_NO_NAME) && !row.fence.equals(this.fence))) {
				return null;
			}
			boolean compared = at != null && !makes(Mistake.LAST_COMMIT_NOT_COMPARED);
			return (!compared || isAt(row, at)) ? row : null;
		}

		private boolean isAt(Row row, KvCommit commit) {
			return makes(Mistake.NO_FENCE_AND_NO_NAME) || makes(Mistake.BARE_COMMIT_NUMBERS)
					? row.lastCommit.number() == commit.number() : row.lastCommit.equals(commit);
		}

		private @Nullable Row rowOfTheNumber() {
			return ForgetfulKvServer.this.rows.values()
				.stream()
				.filter((row) -> row.number == this.number && row.epoch == this.epoch
						&& this.client.ownerId.equals(row.ownerId))
				.findFirst()
				.orElse(null);
		}

		private byte[] idOf(Row row) {
			return ForgetfulKvServer.this.rows.entrySet()
				.stream()
				.filter((entry) -> entry.getValue() == row)
				.map(Map.Entry::getKey)
				.findFirst()
				.orElseThrow();
		}

		private KvDefiniteException refused() {
			Row row = ForgetfulKvServer.this.rows.get(this.id);
			if (row != null && new KvFoundOwner(row.fence, row.epoch, row.lastCommit).hasForgotten(this)) {
				return endWith(new KvCorruptionException(
						"Acknowledged commits of actor '%s' are lost: the last was %s, but it is %s"
							.formatted(this.actorId, this.lastCommit, row.lastCommit)));
			}
			return endWith(new KvOwnershipLostException(this.actorId, this.epoch));
		}

		@Override
		public void close() {
			synchronized (ForgetfulKvServer.this) {
				if (this.closed) {
					return;
				}
				this.closed = true;
				this.client.sessions.remove(this);
				this.client.ask(StoreOperation.Kind.CLOSE, 1);
				begin();
				Row row = makes(Mistake.RELEASE_WITHOUT_FENCE) ? ForgetfulKvServer.this.rows.get(this.id) : owned(null);
				if (row != null) {
					put(idOf(row), row.exists() ? row.released() : null);
				}
			}
		}

		private void requireServing() {
			this.client.requireOpen();
			if (this.closed) {
				throw new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
			}
			if (this.over instanceof KvOwnershipLostException) {
				throw new KvOwnershipLostException(this.actorId, this.epoch);
			}
			if (this.over != null) {
				throw new KvDefiniteException(
						"The session on actor '%s' serves nothing any more".formatted(this.actorId), this.over);
			}
		}

	}

	/**
	 * One attempt at a change.
	 */
	@FunctionalInterface
	private interface Attempt {

		boolean run();

	}

	/**
	 * A copy of a namespace.
	 */
	private static final class Snapshot implements KvSnapshot {

		private final Client client;

		private final String actorId;

		private final TreeMap<byte[], byte[]> values;

		private final long commit;

		private boolean closed;

		Snapshot(Client client, String actorId, TreeMap<byte[], byte[]> values, long commit) {
			this.client = client;
			this.actorId = actorId;
			this.values = values;
			this.commit = commit;
		}

		@Override
		public long commit() {
			return this.commit;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			requireReadable();
			return ForgetfulKvServer.read(this.values, keys);
		}

		@Override
		public byte[][] keys(byte[] from, int limit) {
			requirePositive(limit);
			requireReadable();
			return this.values.tailMap(from, true)
				.keySet()
				.stream()
				.limit(limit)
				.map(byte[]::clone)
				.toArray(byte[][]::new);
		}

		@Override
		public void close() {
			this.closed = true;
		}

		private void requireReadable() {
			this.client.requireOpen();
			if (this.closed) {
				throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
			}
		}

	}

}
