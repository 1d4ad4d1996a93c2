package io.kvsqlite.codec;

/**
 * Bytes that should be a file's metadata are not. The message says what is wrong, as the
 * second half of a sentence whose first half names the file.
 */
public class MalformedMetadataException extends Exception {

	public MalformedMetadataException(String message) {
		super(message);
	}

}
