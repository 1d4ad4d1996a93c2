package io.kvsqlite.vfs;

import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * An actor's connection cannot be used any more: a write failed or its outcome is
 * unknown, the ownership was lost, or the actor was closed by force. The next connection
 * opens the actor from the store.
 */
public class ActorFailedException extends RuntimeException {

	public ActorFailedException(String message, @Nullable Throwable cause) {
		super(Printable.text(message), cause);
	}

}
