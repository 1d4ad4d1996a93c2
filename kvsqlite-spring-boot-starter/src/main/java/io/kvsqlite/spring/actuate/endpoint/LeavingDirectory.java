package io.kvsqlite.spring.actuate.endpoint;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A stream from the one file of a directory, which is deleted when the stream is closed.
 */
final class LeavingDirectory extends FilterInputStream {

	private final Path directory;

	/**
	 * Create a stream.
	 * @param file the file, which goes away when it is closed
	 * @param directory where it is
	 */
	LeavingDirectory(InputStream file, Path directory) {
		super(file);
		this.directory = directory;
	}

	@Override
	public void close() throws IOException {
		super.close();
		Files.deleteIfExists(this.directory);
	}

}
