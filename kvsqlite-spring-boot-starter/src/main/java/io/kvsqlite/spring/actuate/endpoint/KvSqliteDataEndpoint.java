package io.kvsqlite.spring.actuate.endpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorExistsException;
import io.kvsqlite.data.CopiedActor;
import io.kvsqlite.data.UnknownActorException;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.core.io.InputStreamResource;
import org.springframework.util.Assert;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;

/**
 * Takes actors' databases away over HTTP, checks, copies and deletes them.
 *
 * <p>
 * It hands out what users have stored, so it is an endpoint of its own and switched off
 * until {@code management.endpoint.kvsqlitedata.access} says otherwise: {@code read-only}
 * permits to export and to check, {@code unrestricted} to copy and to delete as well. An
 * import is not among its operations, because those of Actuator take no streams.
 */
@WebEndpoint(id = "kvsqlitedata", defaultAccess = Access.NONE)
public class KvSqliteDataEndpoint {

	/**
	 * The media type of a SQLite database.
	 */
	static final MimeType SQLITE = new MimeType("application", "vnd.sqlite3");

	private static final String EXPORT = "export";

	private static final String CHECK = "check";

	private static final String COPY = "copy";

	private static final int CONFLICT = 409;

	private final ActorDataSourceFactory factory;

	/**
	 * Create an endpoint.
	 * @param factory the factory whose actors it gives access to
	 */
	public KvSqliteDataEndpoint(ActorDataSourceFactory factory) {
		Assert.notNull(factory, "'factory' must not be null");
		this.factory = factory;
	}

	/**
	 * Export or check an actor as of its last commit, while others go on using it.
	 * @param operation {@code export} for the database as a SQLite file, {@code check}
	 * for a report
	 * @param actorId the segments of the actor's id, where it has slashes. A path that
	 * could name another as well is refused
	 * @return the file or the report; 404 if there is no such actor
	 * @throws IOException if a temporary file could not be written
	 */
	@ReadOperation
	public WebEndpointResponse<?> read(@Selector String operation,
			@Selector(match = Match.ALL_REMAINING) String... actorId) throws IOException {
		return readActor(operation, NamedActor.inPath(actorId));
	}

	/**
	 * Export or check an actor, whatever its id.
	 * @param operation {@code export} for the database as a SQLite file, {@code check}
	 * for a report
	 * @param actor the actor's id
	 * @return the file or the report; 404 if there is no such actor
	 * @throws IOException if a temporary file could not be written
	 */
	@ReadOperation
	public WebEndpointResponse<?> readNamed(@Selector String operation, String actor) throws IOException {
		return readActor(operation, NamedActor.inParameter(NamedActor.PARAMETER, actor, operation));
	}

	private WebEndpointResponse<?> readActor(String operation, String id) throws IOException {
		try {
			return switch (operation) {
				case EXPORT -> new WebEndpointResponse<>(export(id), SQLITE);
				case CHECK ->
					new WebEndpointResponse<>(this.factory.checkActor(id).toJson(), MimeTypeUtils.APPLICATION_JSON);
				default -> throw unknown(operation, "%s and %s can be read".formatted(EXPORT, CHECK));
			};
		}
		catch (UnknownActorException ex) {
			return problem(WebEndpointResponse.STATUS_NOT_FOUND, id, ex);
		}
	}

	/**
	 * Write the database to a temporary file, which is gone when it has been sent, or
	 * could not be.
	 */
	private InputStreamResource export(String actorId) throws IOException {
		Path directory = Files.createTempDirectory("kvsqlite-export-");
		Path file = directory.resolve("actor.sqlite");
		try {
			this.factory.exportActor(actorId, file);
			InputStream content = Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE);
			return new InputStreamResource(new LeavingDirectory(content, directory),
					"actor '%s'".formatted(Printable.id(actorId)));
		}
		catch (IOException | RuntimeException ex) {
			Files.deleteIfExists(file);
			Files.deleteIfExists(directory);
			throw ex;
		}
	}

	/**
	 * Copy an actor, as of its last commit, while others go on using it.
	 * @param operation {@code copy}
	 * @param actorId the segments of the actor's id, where it has slashes
	 * @param target the id of the copy, which must not exist
	 * @return what was copied; 404 if there is no such actor, 409 if the target exists or
	 * somebody has it
	 * @throws IOException if a temporary file could not be written
	 * @throws SQLException if the target is still in use after the close time-out
	 */
	@WriteOperation
	public WebEndpointResponse<?> write(@Selector String operation,
			@Selector(match = Match.ALL_REMAINING) String[] actorId, Object target) throws IOException, SQLException {
		NamedActor.requireSameOrigin();
		return copy(operation, NamedActor.inPath(actorId), target);
	}

	/**
	 * Copy an actor, whatever its id, as of its last commit, while others go on using it.
	 * @param operation {@code copy}
	 * @param actor the actor's id
	 * @param target the id of the copy, which must not exist
	 * @return what was copied; 404 if there is no such actor, 409 if the target exists or
	 * somebody has it
	 * @throws IOException if a temporary file could not be written
	 * @throws SQLException if the target is still in use after the close time-out
	 */
	@WriteOperation
	public WebEndpointResponse<?> writeNamed(@Selector String operation, Object actor, Object target)
			throws IOException, SQLException {
		NamedActor.requireSameOrigin();
		return copy(operation, NamedActor.inParameter(NamedActor.PARAMETER, actor, operation), target);
	}

	private WebEndpointResponse<?> copy(String operation, String id, Object targetId) throws IOException, SQLException {
		if (!operation.equals(COPY)) {
			throw unknown(operation, "%s can be posted".formatted(COPY));
		}
		String target = NamedActor.inParameter("target", targetId, null);
		try {
			CopiedActor copied = this.factory.copyActor(id, target);
			return new WebEndpointResponse<>(new Copied(id, target, copied.bytes(), copied.contentHash()));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointRequestException(String.valueOf(ex.getMessage()), "target cannot be used", ex);
		}
		catch (UnknownActorException ex) {
			return problem(WebEndpointResponse.STATUS_NOT_FOUND, id, ex);
		}
		catch (ActorExistsException | KvActorOwnedException ex) {
			return problem(CONFLICT, id, ex);
		}
	}

	/**
	 * Delete an actor for good: its database, and everything the store keeps of it.
	 * @param actorId the segments of the actor's id, where it has slashes
	 * @param force whether to delete it even while somebody uses it, {@code false} if
	 * absent
	 * @return whether it existed; 409 if somebody uses it
	 */
	@DeleteOperation
	public WebEndpointResponse<?> delete(@Selector(match = Match.ALL_REMAINING) String[] actorId,
			@Nullable Boolean force) {
		NamedActor.requireSameOrigin();
		return deleteActor(NamedActor.inPath(actorId), force);
	}

	/**
	 * Delete an actor for good, whatever its id.
	 * @param actor the actor's id
	 * @param force whether to delete it even while somebody uses it, {@code false} if
	 * absent
	 * @return whether it existed; 409 if somebody uses it
	 */
	@DeleteOperation
	public WebEndpointResponse<?> deleteNamed(String actor, @Nullable Boolean force) {
		NamedActor.requireSameOrigin();
		return deleteActor(NamedActor.inParameter(NamedActor.PARAMETER, actor, null), force);
	}

	private WebEndpointResponse<?> deleteActor(String id, @Nullable Boolean force) {
		try {
			return new WebEndpointResponse<>(new Deleted(id, this.factory.delete(id, Boolean.TRUE.equals(force))));
		}
		catch (KvActorOwnedException ex) {
			return problem(CONFLICT, id, ex);
		}
	}

	private static InvalidEndpointRequestException unknown(String operation, String known) {
		return new InvalidEndpointRequestException("There is no operation '%s', only %s".formatted(operation, known),
				"unknown operation");
	}

	private static WebEndpointResponse<Problem> problem(int status, String actorId, Exception cause) {
		return new WebEndpointResponse<>(new Problem(actorId, String.valueOf(cause.getMessage())), status);
	}

	/**
	 * What was copied.
	 *
	 * @param actorId the actor
	 * @param target the copy
	 * @param bytes the size of its database
	 * @param sha256 a hash of its content
	 */
	public record Copied(String actorId, String target, long bytes, String sha256) implements OperationResponseBody {
	}

	/**
	 * What was deleted.
	 *
	 * @param actorId the actor
	 * @param deleted whether it had existed
	 */
	public record Deleted(String actorId, boolean deleted) implements OperationResponseBody {
	}

	/**
	 * Why something was not done.
	 *
	 * @param actorId the actor
	 * @param problem why
	 */
	public record Problem(String actorId, String problem) implements OperationResponseBody {
	}

}
