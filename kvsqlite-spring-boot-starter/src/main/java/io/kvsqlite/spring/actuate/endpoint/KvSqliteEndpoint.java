package io.kvsqlite.spring.actuate.endpoint;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorStatus;
import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.util.Assert;

/**
 * Shows actors, page by page, and closes one. Looking at an actor neither opens it nor
 * takes it from its owner. Closing needs
 * {@code management.endpoint.kvsqlite.access=unrestricted}; it deletes nothing.
 */
@Endpoint(id = "kvsqlite", defaultAccess = Access.READ_ONLY)
public class KvSqliteEndpoint {

	private static final int DEFAULT_LIMIT = 100;

	private static final int MOST_ACTORS = 1000;

	/**
	 * Where PRAGMA schema_version is in the header of a database.
	 */
	private static final int SCHEMA_VERSION_OFFSET = 40;

	/**
	 * Where PRAGMA user_version is in the header of a database.
	 */
	private static final int USER_VERSION_OFFSET = 60;

	private final ActorDataSourceFactory factory;

	/**
	 * Create an endpoint.
	 * @param factory the factory whose actors it shows
	 */
	public KvSqliteEndpoint(ActorDataSourceFactory factory) {
		Assert.notNull(factory, "'factory' must not be null");
		this.factory = factory;
	}

	/**
	 * Return the state of the whole, and a page of the actors that exist; or one actor,
	 * whatever its id.
	 * @param prefix what the actors' ids begin with, all if absent
	 * @param after the id after which the page begins
	 * @param limit the most actors, 1 to 1000, 100 if absent
	 * @param actor the id of the one actor to show
	 * @return the summary or the actor, {@code null} if it does not exist
	 */
	@ReadOperation
	public @Nullable OperationResponseBody read(@Nullable String prefix, @Nullable String after,
			@Nullable Integer limit, @Nullable String actor) {
		return (actor != null) ? find(NamedActor.inParameter(NamedActor.PARAMETER, actor, null))
				: summary(prefix, after, limit);
	}

	/**
	 * Return the state of the whole, and a page of the actors that exist.
	 * @param prefix what the actors' ids begin with, all if absent
	 * @param after the id after which the page begins
	 * @param limit the most actors, 1 to 1000, 100 if absent
	 * @return the summary
	 */
	public Summary summary(@Nullable String prefix, @Nullable String after, @Nullable Integer limit) {
		int most = (limit != null) ? limit : DEFAULT_LIMIT;
		if (most < 1 || most > MOST_ACTORS) {
			throw new InvalidEndpointRequestException("'limit' must be 1 to %d, but is %d".formatted(MOST_ACTORS, most),
					"limit is out of range");
		}
		KvActorPage page = this.factory.actors((prefix != null) ? prefix : "", after, most);
		List<ActorEntry> actors = page.actorIds()
			.stream()
			.map((id) -> new ActorEntry(id, this.factory.openActor(id).isPresent()))
			.toList();
		return new Summary(this.factory.store().type(), this.factory.openActors(), this.factory.maxOpenActors(),
				this.factory.activeConnections(), this.factory.waitingThreads(), actors, page.next());
	}

	/**
	 * Return one actor.
	 * @param actorId the segments of the actor's id, where it has slashes. A path that
	 * could name another as well is refused
	 * @return the actor, {@code null} if it does not exist
	 */
	@ReadOperation
	public @Nullable Actor actor(@Selector(match = Match.ALL_REMAINING) String... actorId) {
		return find(NamedActor.inPath(actorId));
	}

	private @Nullable Actor find(String id) {
		KvOwner owner = this.factory.store().owner(id);
		Optional<ActorStatus> status = this.factory.openActor(id);
		if (owner == null && status.isEmpty()) {
			return null;
		}
		Stored stored = stored(id);
		return new Actor(id, stored.bytes(), ChunkKeys.chunkCount(stored.bytes()), stored.schemaVersion(),
				stored.userVersion(),
				status.map(ActorStatus::epoch).orElseGet(() -> (owner != null) ? owner.epoch() : 0),
				status.map(ActorStatus::commit).orElseGet(() -> (owner != null) ? owner.commit() : 0),
				(owner != null && owner.live()) ? owner.holder() : null, status.map(Open::of).orElse(null));
	}

	private Stored stored(String id) {
		byte[][] keys = { ChunkKeys.metadata(FileTag.MAIN), ChunkKeys.chunk(FileTag.MAIN, 0) };
		try (KvSnapshot snapshot = this.factory.store().snapshot(id)) {
			byte[] @Nullable [] values = snapshot.read(keys);
			byte @Nullable [] metadata = values[0];
			byte @Nullable [] first = values[1];
			if (metadata == null || first == null || first.length < USER_VERSION_OFFSET + Integer.BYTES) {
				return new Stored(0, 0, 0);
			}
			ByteBuffer header = ByteBuffer.wrap(first);
			return new Stored(FileMetadata.decode(metadata), header.getInt(SCHEMA_VERSION_OFFSET),
					header.getInt(USER_VERSION_OFFSET));
		}
		catch (MalformedMetadataException ex) {
			throw new IllegalStateException("Actor '%s' is damaged: %s".formatted(Printable.id(id), ex.getMessage()),
					ex);
		}
	}

	/**
	 * Close an actor, waiting for whoever uses it up to the close time-out. Its data
	 * stay, and the next connection opens it again.
	 * @param actorId the segments of the actor's id, where it has slashes. A path that
	 * could name another as well is refused
	 * @return whether it was open
	 */
	@DeleteOperation
	public Closed close(@Selector(match = Match.ALL_REMAINING) String... actorId) {
		NamedActor.requireSameOrigin();
		return closeActor(NamedActor.inPath(actorId));
	}

	/**
	 * Close an actor, whatever its id, waiting for whoever uses it up to the close
	 * time-out. Its data stay, and the next connection opens it again.
	 * @param actor the actor's id
	 * @return whether it was open
	 */
	@DeleteOperation
	public Closed closeNamed(String actor) {
		NamedActor.requireSameOrigin();
		return closeActor(NamedActor.inParameter(NamedActor.PARAMETER, actor, null));
	}

	private Closed closeActor(String id) {
		try {
			return new Closed(id, this.factory.close(id), null);
		}
		catch (SQLException ex) {
			return new Closed(id, false, ex.getMessage());
		}
	}

	/**
	 * The state of the whole, and a page of actors.
	 *
	 * @param store the kind of store
	 * @param openActors how many actors are open
	 * @param maxOpenActors how many may be
	 * @param activeConnections how many connections are in use
	 * @param waitingThreads how many threads wait for one
	 * @param actors the page
	 * @param next what to pass as {@code after} for the next page, {@code null} at the
	 * end
	 */
	public record Summary(String store, int openActors, int maxOpenActors, int activeConnections, int waitingThreads,
			List<ActorEntry> actors, @Nullable String next) implements OperationResponseBody {
	}

	/**
	 * An actor in a page.
	 *
	 * @param actorId the actor's id
	 * @param open whether it is open in this process
	 */
	public record ActorEntry(String actorId, boolean open) {
	}

	/**
	 * One actor.
	 *
	 * @param actorId the actor's id
	 * @param bytes size of its database
	 * @param pages how many chunks of 4 KiB that is
	 * @param schemaVersion SQLite's counter of changes of its schema
	 * @param userVersion its PRAGMA user_version
	 * @param epoch epoch of its ownership
	 * @param commit number of its last commit
	 * @param holder who holds it, {@code null} if nobody does
	 * @param open how it is open in this process, {@code null} if it is not
	 */
	public record Actor(String actorId, long bytes, long pages, int schemaVersion, int userVersion, long epoch,
			long commit, @Nullable String holder, @Nullable Open open) implements OperationResponseBody {
	}

	/**
	 * How an actor is open.
	 *
	 * @param since when it was opened
	 * @param lastUsed when its connection was last in use
	 * @param usedBy the thread that has its connection, {@code null} if none has
	 * @param usedFor for how long
	 * @param waiting how many threads wait for it
	 */
	public record Open(Instant since, Instant lastUsed, @Nullable String usedBy, Duration usedFor, int waiting) {

		private static Open of(ActorStatus status) {
			return new Open(status.openSince(), Instant.now().minus(status.idle()), status.usedBy(), status.usedFor(),
					status.waiting());
		}

	}

	/**
	 * What became of a request to close an actor.
	 *
	 * @param actorId the actor's id
	 * @param closed whether it was open and now is not
	 * @param problem why it is still open, {@code null} if it is not
	 */
	public record Closed(String actorId, boolean closed, @Nullable String problem) implements OperationResponseBody {
	}

	/**
	 * What the store says of a database.
	 */
	private record Stored(long bytes, int schemaVersion, int userVersion) {
	}

}
