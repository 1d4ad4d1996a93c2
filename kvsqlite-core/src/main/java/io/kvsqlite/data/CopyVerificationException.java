package io.kvsqlite.data;

import io.kvsqlite.kv.Printable;

/**
 * What was read back of an actor is not what was written to it: somebody else wrote to
 * it, or the store is at fault. The source was not changed.
 */
public class CopyVerificationException extends RuntimeException {

	/**
	 * Create an exception.
	 * @param targetId the actor that was written
	 * @param expected the content hash of the source
	 * @param found the content hash of the copy
	 */
	public CopyVerificationException(String targetId, String expected, String found) {
		super("Actor '%s' is not equal to what was written to it: its content hash is %s instead of %s"
			.formatted(Printable.id(targetId), found, expected));
	}

}
