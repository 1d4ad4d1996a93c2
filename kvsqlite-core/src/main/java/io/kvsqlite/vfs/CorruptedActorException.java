package io.kvsqlite.vfs;

import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of an actor's file is not what this format allows: a chunk is missing or
 * has the wrong length, the metadata cannot be read. Nothing is guessed or filled in.
 */
public class CorruptedActorException extends RuntimeException {

	private final String actorId;

	private final FileTag file;

	private final long chunk;

	private CorruptedActorException(String actorId, FileTag file, long chunk, String message,
			@Nullable Throwable cause) {
		super(Printable.text(message), cause);
		this.actorId = actorId;
		this.file = file;
		this.chunk = chunk;
	}

	/**
	 * Create an exception about a file's metadata.
	 * @param actorId the actor
	 * @param file the file
	 * @param problem what is wrong, as the second half of a sentence
	 * @param cause what caused it, if anything did
	 * @return the exception
	 */
	public static CorruptedActorException metadata(String actorId, FileTag file, String problem,
			@Nullable Throwable cause) {
		return new CorruptedActorException(actorId, file, -1,
				"Actor '%s' is damaged: the metadata of its %s cannot be used, %s".formatted(actorId, file, problem),
				cause);
	}

	/**
	 * Create an exception about a chunk.
	 * @param actorId the actor
	 * @param file the file
	 * @param chunk the chunk's index
	 * @param problem what is wrong, as the second half of a sentence whose first half
	 * names the chunk
	 * @return the exception
	 */
	public static CorruptedActorException chunk(String actorId, FileTag file, long chunk, String problem) {
		return new CorruptedActorException(actorId, file, chunk,
				"Actor '%s' is damaged: chunk %d of its %s %s".formatted(actorId, chunk, file, problem), null);
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.actorId;
	}

	/**
	 * Return the damaged file.
	 * @return the file
	 */
	public FileTag file() {
		return this.file;
	}

	/**
	 * Return the damaged chunk.
	 * @return the chunk's index, -1 if the file's metadata is damaged
	 */
	public long chunk() {
		return this.chunk;
	}

}
