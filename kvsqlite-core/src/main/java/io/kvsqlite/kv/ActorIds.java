package io.kvsqlite.kv;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The rule for actor ids: non-empty, at most {@value KvStore#MAX_ACTOR_ID_BYTES} bytes in
 * UTF-8, no unpaired surrogates.
 */
public final class ActorIds {

	private ActorIds() {
	}

	/**
	 * Return the UTF-8 bytes of an actor id.
	 * @param actorId the id
	 * @return its bytes, 1 to {@value KvStore#MAX_ACTOR_ID_BYTES} of them
	 * @throws IllegalArgumentException if the id is empty, too long, or not valid UTF-16
	 */
	public static byte[] utf8(String actorId) {
		if (actorId.isEmpty()) {
			throw new IllegalArgumentException("An actor id must not be empty");
		}
		ByteBuffer bytes;
		try {
			bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(actorId));
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException(
					"Actor id '%s' has an unpaired surrogate, so it has no UTF-8 form".formatted(Printable.id(actorId)),
					ex);
		}
		if (bytes.remaining() > KvStore.MAX_ACTOR_ID_BYTES) {
			throw new IllegalArgumentException("Actor id '%s...' has %d bytes in UTF-8, at most %d are allowed"
				.formatted(Printable.id(actorId.substring(0, 32)), bytes.remaining(), KvStore.MAX_ACTOR_ID_BYTES));
		}
		byte[] result = new byte[bytes.remaining()];
		bytes.get(result);
		return result;
	}

}
