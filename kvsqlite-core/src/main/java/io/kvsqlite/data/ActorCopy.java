package io.kvsqlite.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.data.StoredDatabase.ChunkSink;
import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.vfs.CorruptedActorException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies actors to another id, or to another store, and moves them.
 *
 * <p>
 * A copy holds one commit of its source, whole, and is compared with it by a content hash
 * when it is written. It exists in full or not at all; what a crash leaves in its place
 * bears a mark, is not taken for an actor, and goes away with the next attempt. Whoever
 * opens it finds an empty database. A target that is equal to the source already is left
 * alone, so a copy of many actors that broke off can simply be started again.
 *
 * <p>
 * Copying reads a snapshot of the source and disturbs nobody. Moving owns the source, and
 * deletes it only if it owned it all the time: whoever took it meanwhile, because this
 * process was held up past its lease, keeps it with every commit. Immutable and safe for
 * use by many threads.
 */
public final class ActorCopy {

	private static final Logger logger = LoggerFactory.getLogger(ActorCopy.class);

	private final KvStore source;

	private final KvStore target;

	private final boolean replacing;

	private final ProgressListener listener;

	/**
	 * Create a copy between stores that replaces nothing and tells nobody.
	 * @param source where the actors are
	 * @param target where they shall be, possibly the same
	 */
	public ActorCopy(KvStore source, KvStore target) {
		this(source, target, false, ProgressListener.NONE);
	}

	private ActorCopy(KvStore source, KvStore target, boolean replacing, ProgressListener listener) {
		this.source = source;
		this.target = target;
		this.replacing = replacing;
		this.listener = listener;
	}

	/**
	 * Return the same copy, with another rule for targets that exist.
	 * @param replacing whether an actor that is not equal to the source is replaced
	 * @return a copy
	 */
	public ActorCopy replacing(boolean replacing) {
		return new ActorCopy(this.source, this.target, replacing, this.listener);
	}

	/**
	 * Return the same copy with another listener.
	 * @param listener hears how far a copy has come
	 * @return a copy
	 */
	public ActorCopy listener(ProgressListener listener) {
		return new ActorCopy(this.source, this.target, this.replacing, listener);
	}

	/**
	 * Copy an actor.
	 * @param sourceId the actor
	 * @param targetId the copy
	 * @return what was done
	 * @throws UnknownActorException if there is no such actor
	 * @throws ActorExistsException if the target exists and is neither empty nor equal
	 * @throws KvActorOwnedException if somebody has the target
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws CopyVerificationException if the copy was read back and is not equal
	 * @throws KvSnapshotLostException if the source was written to during every attempt
	 * @throws KvException if a store failed
	 * @throws IOException if a temporary file failed
	 */
	public CopiedActor copy(String sourceId, String targetId) throws IOException {
		ActorIds.utf8(targetId);
		requireTwo(sourceId, targetId);
		return ConsistentRead.perform(this.source, sourceId, "copy it",
				(snapshot, chunksPerRead) -> copy(sourceId, targetId, snapshot, chunksPerRead));
	}

	/**
	 * Move an actor: copy it, compare the copy with it, delete it. The deletion is
	 * refused by the store if anybody else has owned the source since the move began, and
	 * then there are two: the copy, and the source with what was written to it since. If
	 * it is not known whether the deletion was done, move the actor again: it is gone, or
	 * the move goes on from the copy.
	 * @param sourceId the actor, which nobody may have
	 * @param targetId what it is to be
	 * @return what was done
	 * @throws UnknownActorException if there is no such actor
	 * @throws ActorExistsException if the target exists and is neither empty nor equal
	 * @throws KvActorOwnedException if somebody has the source or the target
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws CopyVerificationException if the copy was read back and is not equal
	 * @throws KvOwnershipLostException if the source was taken over meanwhile; it was not
	 * deleted
	 * @throws KvIndeterminateException if it is not known whether the source was deleted
	 * @throws KvException if a store failed
	 * @throws IOException if a temporary file failed
	 */
	public CopiedActor move(String sourceId, String targetId) throws IOException {
		requireTwo(sourceId, targetId);
		try (KvSession owned = FreeActor.take(this.source, sourceId)) {
			CopiedActor copied = copy(sourceId, targetId);
			owned.delete();
			return copied;
		}
	}

	private void requireTwo(String sourceId, String targetId) {
		if (this.source == this.target && sourceId.equals(targetId)) {
			throw new IllegalArgumentException(
					"Actor '%s' cannot be copied to itself".formatted(Printable.id(sourceId)));
		}
	}

	private CopiedActor copy(String sourceId, String targetId, KvSnapshot snapshot, int chunksPerRead)
			throws IOException {
		StoredDatabase stored = new StoredDatabase(sourceId, snapshot, chunksPerRead);
		if (!stored.exists()) {
			throw MissingDatabase.of(this.source, sourceId);
		}
		if (!stored.hasHotJournal()) {
			return copy(sourceId, targetId,
					new Content(stored.mainSize(), (sink) -> stored.readMain(stored.mainSize(), sink)));
		}
		try (TemporaryDatabase rolledBack = TemporaryDatabase.create()) {
			new ActorExport(this.source).fetch(sourceId, rolledBack, snapshot, chunksPerRead);
			return copyFile(sourceId, targetId, rolledBack);
		}
	}

	/**
	 * Write a database in {@linkplain NormalForm normal form} to an actor that does not
	 * exist.
	 */
	CopiedActor writeNew(String sourceId, String targetId, TemporaryDatabase file) throws IOException {
		return withContent(file, (content) -> write(sourceId, targetId, content));
	}

	private CopiedActor copyFile(String sourceId, String targetId, TemporaryDatabase file) throws IOException {
		return withContent(file, (content) -> copy(sourceId, targetId, content));
	}

	private static CopiedActor withContent(TemporaryDatabase file, Use use) throws IOException {
		try (FileChannel channel = FileChannel.open(file.file(), StandardOpenOption.READ)) {
			long size = channel.size();
			FileChunks chunks = new FileChunks(channel, size);
			return use.use(new Content(size, (sink) -> {
				for (long index = 0; index < ChunkKeys.chunkCount(size); index++) {
					sink.chunk(index, chunks.read(index));
				}
			}));
		}
	}

	private CopiedActor copy(String sourceId, String targetId, Content content) throws IOException {
		boolean exists;
		boolean empty;
		try (KvSnapshot snapshot = this.target.snapshot(targetId)) {
			StoredDatabase there = new StoredDatabase(targetId, snapshot);
			exists = there.exists() || this.target.owner(targetId) != null;
			empty = there.isEmpty();
		}
		if (exists && !empty) {
			String hash = content.hash();
			if (hash.equals(ContentHash.ofActor(this.target, targetId))) {
				return new CopiedActor(sourceId, targetId, content.size(), hash, false);
			}
			if (!this.replacing) {
				throw new ActorExistsException(targetId, this.target.type());
			}
			return replace(sourceId, targetId);
		}
		// a copy that broke off, or a database without any content
		if (exists && !FreeActor.deleteLeftOver(this.target, targetId, KvCommit.NONE)) {
			throw new ActorExistsException(targetId, this.target.type());
		}
		return write(sourceId, targetId, content);
	}

	private CopiedActor write(String sourceId, String targetId, Content content) throws IOException {
		ContentHash hash = new ContentHash(content.size());
		String expected = null;
		KvCommit lastCommit = KvCommit.NONE;
		boolean written = false;
		try (KvSession session = openNew(targetId)) {
			try {
				ChunkedWrite write = new ChunkedWrite(session, this.target.limits(), content.size());
				this.listener.progress(sourceId, 0, content.size());
				content.read((index, chunk) -> {
					hash.add(index, chunk);
					write.add(index, (chunk != null) ? chunk : new byte[ChunkKeys.chunkLength(index, content.size())]);
					report(sourceId, index + 1, content.size());
				});
				expected = hash.finish();
				write.commit(expected);
				requireEqual(targetId, expected);
				written = true;
			}
			finally {
				lastCommit = session.lastCommit();
			}
		}
		catch (KvIndeterminateException ex) {
			if (expected == null || !holds(targetId, expected, ex)) {
				throw ex;
			}
			written = true;
		}
		finally {
			if (!written) {
				removeUnfinished(targetId, lastCommit);
			}
		}
		return new CopiedActor(sourceId, targetId, content.size(), expected, true);
	}

	/**
	 * Return whether the target is whole all the same. It is taken afresh, so that what
	 * was lost cannot arrive late.
	 */
	private boolean holds(String targetId, String expected, KvIndeterminateException exception) {
		try (KvSession fencing = FreeActor.take(this.target, targetId)) {
			return ContentHash.ofActor(this.target, fencing.actorId()).equals(expected);
		}
		catch (IOException | KvException | CorruptedActorException ex) {
			exception.addSuppressed(ex);
			return false;
		}
	}

	private KvSession openNew(String targetId) {
		KvSession session = FreeActor.take(this.target, targetId);
		if (session.commit() > 0) {
			session.close();
			throw new ActorExistsException(targetId, this.target.type());
		}
		return session;
	}

	/**
	 * Leave nothing behind that is not whole. What another owner made of it meanwhile is
	 * not ours.
	 */
	private void removeUnfinished(String targetId, KvCommit lastCommit) {
		try {
			FreeActor.deleteLeftOver(this.target, targetId, lastCommit);
		}
		catch (KvException | CorruptedActorException ex) {
			logger.warn("A copy to actor '{}' failed, and an empty database may be left in its place",
					Printable.id(targetId), ex);
		}
	}

	private void report(String actorId, long chunks, long size) {
		if (chunks % StoredDatabase.CHUNKS_PER_READ == 0 || chunks == ChunkKeys.chunkCount(size)) {
			this.listener.progress(actorId, Math.min(size, chunks * ChunkKeys.CHUNK_SIZE), size);
		}
	}

	private CopiedActor replace(String sourceId, String targetId) throws IOException {
		try (TemporaryDatabase file = TemporaryDatabase.create()) {
			new ActorExport(this.source).fetch(sourceId, file);
			String hash = new ActorImport(this.target).replacing(true).listener(this.listener).write(file, targetId);
			return new CopiedActor(sourceId, targetId, Files.size(file.file()), hash, true);
		}
	}

	private void requireEqual(String targetId, String expected) throws IOException {
		String found = ContentHash.ofActor(this.target, targetId);
		if (!found.equals(expected)) {
			throw new CopyVerificationException(targetId, expected, found);
		}
	}

	/**
	 * The bytes of a database, to be read once or more.
	 *
	 * @param size how many there are
	 * @param chunks hands them out
	 */
	private record Content(long size, Chunks chunks) {

		void read(ChunkSink sink) throws IOException {
			this.chunks.read(sink);
		}

		String hash() throws IOException {
			ContentHash hash = new ContentHash(this.size);
			read(hash::add);
			return hash.finish();
		}

	}

	/**
	 * Hands out chunks in order.
	 */
	@FunctionalInterface
	private interface Chunks {

		void read(ChunkSink sink) throws IOException;

	}

	/**
	 * Does something with the bytes of a database.
	 */
	@FunctionalInterface
	private interface Use {

		CopiedActor use(Content content) throws IOException;

	}

}
