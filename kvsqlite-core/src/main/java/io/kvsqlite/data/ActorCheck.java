package io.kvsqlite.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.data.CheckReport.Finding;
import io.kvsqlite.data.CheckReport.Journal;
import io.kvsqlite.data.CheckReport.Kind;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.vfs.CorruptedActorException;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether what a store holds of an actor is a whole and sound database: all keys
 * by the stored format, then the database by SQLite's own check, on a temporary copy.
 *
 * <p>
 * A check reads snapshots and takes the actor from nobody. A repair owns the actor, and
 * does only what cannot lose anything: it removes chunks beyond the end of their file,
 * and that only if SQLite found the database sound without them. Immutable and safe for
 * use by many threads.
 */
public final class ActorCheck {

	private static final int KEYS_PER_READ = 1_000;

	private static final int MOST_FINDINGS = 100;

	private static final byte[][] NO_KEYS = {};

	private final KvStore store;

	private final boolean full;

	private final ProgressListener listener;

	/**
	 * Create a check that compares indexes with their tables, too, and tells nobody how
	 * far it has come.
	 * @param store where the actors are
	 */
	public ActorCheck(KvStore store) {
		this(store, true, ProgressListener.NONE);
	}

	private ActorCheck(KvStore store, boolean full, ProgressListener listener) {
		this.store = store;
		this.full = full;
		this.listener = listener;
	}

	/**
	 * Return the same check with another depth.
	 * @param full whether to run SQLite's integrity_check; otherwise its quick_check,
	 * which does not compare indexes with their tables
	 * @return a check
	 */
	public ActorCheck full(boolean full) {
		return new ActorCheck(this.store, full, this.listener);
	}

	/**
	 * Return the same check with another listener.
	 * @param listener hears how far the copy for SQLite's check has come
	 * @return a check
	 */
	public ActorCheck listener(ProgressListener listener) {
		return new ActorCheck(this.store, this.full, listener);
	}

	/**
	 * Check an actor.
	 * @param actorId the actor
	 * @return what was found
	 * @throws UnknownActorException if there is no such actor, or only a copy that is not
	 * finished
	 * @throws KvSnapshotLostException if the actor was written to during every attempt
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the temporary copy failed
	 */
	public CheckReport check(String actorId) throws IOException {
		return ConsistentRead.perform(this.store, actorId, "check it",
				(snapshot, chunksPerRead) -> check(actorId, snapshot, chunksPerRead));
	}

	private CheckReport check(String actorId, KvSnapshot snapshot, int chunksPerRead) throws IOException {
		StoredDatabase stored;
		try {
			if (snapshot.keys(new byte[0], 1).length == 0) {
				throw MissingDatabase.of(this.store, actorId);
			}
			stored = new StoredDatabase(actorId, snapshot);
			if (stored.isUnfinished()) {
				throw new UnknownActorException(actorId, this.store.type());
			}
		}
		catch (CorruptedActorException ex) {
			Finding finding = new Finding((ex.chunk() < 0) ? Kind.METADATA : Kind.CHUNK,
					String.valueOf(ex.getMessage()));
			return new CheckReport(actorId, snapshot.commit(), -1, Journal.NONE, List.of(finding));
		}
		List<Finding> findings = new ArrayList<>();
		if (!stored.exists()) {
			findings.add(new Finding(Kind.METADATA, "there are keys, but no main database"));
		}
		Keys keys = new Keys(stored, findings);
		keys.examine(snapshot);
		if (stored.exists() && findings.stream().noneMatch((finding) -> finding.kind().isDamage())) {
			examineDatabase(actorId, snapshot, chunksPerRead, findings);
		}
		return new CheckReport(actorId, snapshot.commit(), stored.exists() ? stored.mainSize() : -1,
				stored.hasHotJournal() ? Journal.HOT : (stored.hasJournal() ? Journal.ENDED : Journal.NONE), findings);
	}

	/**
	 * Have SQLite look at a copy, which also shows whether all chunks are there.
	 */
	private void examineDatabase(String actorId, KvSnapshot snapshot, int chunksPerRead, List<Finding> findings)
			throws IOException {
		try (TemporaryDatabase copy = TemporaryDatabase.create()) {
			new ActorExport(this.store).listener(this.listener).fetch(actorId, copy, snapshot, chunksPerRead);
			try (PlainDatabase plain = new PlainDatabase(copy.file())) {
				plain.check(this.full).forEach((problem) -> findings.add(new Finding(Kind.SQLITE, problem)));
			}
		}
		catch (CorruptedActorException ex) {
			findings.add(new Finding(Kind.CHUNK, String.valueOf(ex.getMessage())));
		}
		catch (SQLException ex) {
			findings.add(new Finding(Kind.SQLITE, "its check could not be made: " + ex.getMessage()));
		}
	}

	/**
	 * Look whether there is a database behind an id that was listed, without looking at
	 * the database.
	 * @param actorId the actor
	 * @return what there is
	 * @throws KvSnapshotLostException if the actor was written to during every attempt
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 */
	public Presence presence(String actorId) {
		try {
			return ConsistentRead.perform(this.store, actorId, "look at it", (snapshot, chunksPerRead) -> {
				if (new StoredDatabase(actorId, snapshot).exists()) {
					return Presence.PRESENT;
				}
				throw MissingDatabase.of(this.store, actorId);
			});
		}
		catch (UnknownActorException ex) {
			return Presence.ABSENT;
		}
		catch (CorruptedActorException | KvCorruptionException ex) {
			return Presence.DAMAGED;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Check an actor and remove chunks beyond the ends of its files, if that is safe.
	 * @param actorId the actor, which nobody else may have
	 * @return what was found before, and what was done about it
	 * @throws UnknownActorException if there is no such actor
	 * @throws io.kvsqlite.kv.KvActorOwnedException if another owner has the actor
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the temporary copy failed
	 */
	public Repair repair(String actorId) throws IOException {
		if (this.store.owner(actorId) == null) {
			throw new UnknownActorException(actorId, this.store.type());
		}
		try (KvSession session = this.store.open(actorId, NO_KEYS).session()) {
			CheckReport report = check(actorId);
			if (report.findings().stream().noneMatch((finding) -> finding.kind() == Kind.STRAY)) {
				return new Repair(report, List.of());
			}
			if (!report.isSound()) {
				return new Repair(report, List
					.of("nothing was done: with damage, chunks that seem to belong to nothing may still be of use"));
			}
			if (report.journal() == Journal.HOT) {
				return new Repair(report, List
					.of("nothing was done: open the actor first, so that the transaction that was cut off is rolled back"));
			}
			return new Repair(report, removeStrays(session, report));
		}
	}

	private static List<String> removeStrays(KvSession session, CheckReport report) {
		long mainChunks = ChunkKeys.chunkCount(report.bytes());
		KvWrite write = new KvWrite();
		List<String> done = new ArrayList<>();
		write.deleteRange(ChunkKeys.chunk(FileTag.MAIN, mainChunks), ChunkKeys.endOfChunks(FileTag.MAIN));
		done.add("removed all chunks of the main database from chunk %d on".formatted(mainChunks));
		if (report.journal() == Journal.NONE) {
			write.deleteRange(ChunkKeys.chunk(FileTag.JOURNAL, 0), ChunkKeys.endOfChunks(FileTag.JOURNAL));
			done.add("removed all chunks of a rollback journal that does not exist");
		}
		session.write(write);
		return done;
	}

	/**
	 * What there is behind an id.
	 */
	public enum Presence {

		/**
		 * A database.
		 */
		PRESENT,

		/**
		 * No actor: it was deleted meanwhile, or is a copy that is not finished.
		 */
		ABSENT,

		/**
		 * What is there cannot be a database, or the store has lost it.
		 */
		DAMAGED

	}

	/**
	 * What a repair did.
	 *
	 * @param before what was found
	 * @param actions what was done, one sentence each, none if there was nothing to do
	 */
	public record Repair(CheckReport before, List<String> actions) {

		public Repair {
			actions = List.copyOf(actions);
		}

	}

	/**
	 * Goes through an actor's keys.
	 */
	private static final class Keys {

		private final StoredDatabase stored;

		private final List<Finding> findings;

		private final long[] strays = new long[FileTag.values().length];

		private final long[] firstStrays = new long[FileTag.values().length];

		private long foreign;

		private @Nullable String firstForeign;

		Keys(StoredDatabase stored, List<Finding> findings) {
			this.stored = stored;
			this.findings = findings;
		}

		void examine(KvSnapshot snapshot) {
			byte[] from = {};
			byte[][] keys;
			do {
				keys = snapshot.keys(from, KEYS_PER_READ);
				for (byte[] key : keys) {
					examine(key);
				}
				if (keys.length > 0) {
					byte[] last = keys[keys.length - 1];
					from = Arrays.copyOf(last, last.length + 1);
				}
			}
			while (keys.length > 0 && this.findings.size() < MOST_FINDINGS);
			report();
		}

		private void examine(byte[] key) {
			for (FileTag file : List.of(FileTag.MAIN, FileTag.JOURNAL)) {
				if (Arrays.equals(key, ChunkKeys.metadata(file))) {
					return;
				}
				byte[] first = ChunkKeys.chunk(file, 0);
				if (key.length == first.length && Arrays.equals(key, 0, 4, first, 0, 4)) {
					examineChunk(file, ChunkKeys.indexOf(key));
					return;
				}
			}
			if (this.foreign++ == 0) {
				this.firstForeign = ChunkKeys.describe(key);
			}
		}

		private void examineChunk(FileTag file, long index) {
			long size = (file == FileTag.MAIN) ? this.stored.mainSize() : this.stored.journalSize();
			if (index >= ChunkKeys.chunkCount(size)) {
				if (this.strays[file.ordinal()]++ == 0) {
					this.firstStrays[file.ordinal()] = index;
				}
			}
		}

		private void report() {
			for (FileTag file : FileTag.values()) {
				long count = this.strays[file.ordinal()];
				// a transaction that is under way stores its journal before its size
				boolean expected = file == FileTag.JOURNAL && this.stored.hasHotJournal();
				if (count > 0 && !expected) {
					this.findings
						.add(new Finding(Kind.STRAY, "%d chunk%s beyond the end of the %s, the first is chunk %d"
							.formatted(count, (count > 1) ? "s" : "", file, this.firstStrays[file.ordinal()])));
				}
			}
			if (this.foreign > 0) {
				this.findings.add(new Finding(Kind.FOREIGN, "%d key%s of another format, the first is %s"
					.formatted(this.foreign, (this.foreign > 1) ? "s" : "", this.firstForeign)));
			}
		}

	}

}
