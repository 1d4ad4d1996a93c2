package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.IgnoreError;

/**
 * The operating system's cache of file contents.
 */
final class PageCache {

	private static final int O_RDONLY = 0;

	private static final int DONT_NEED = 4;

	private static final LibC libc = LibraryLoader.create(LibC.class).load("c");

	private PageCache() {
	}

	/**
	 * Drop what is cached of the files in a directory, after writing it to the disk. Does
	 * what Linux promises for {@code posix_fadvise}.
	 */
	static void evict(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				evictFile(file);
			}
		}
	}

	private static void evictFile(Path file) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.force(true);
		}
		int descriptor = libc.open(file.toString(), O_RDONLY);
		if (descriptor < 0) {
			throw new IOException("%s cannot be opened".formatted(file));
		}
		try {
			if (libc.posix_fadvise(descriptor, 0, 0, DONT_NEED) != 0) {
				throw new IOException("%s cannot be dropped from the page cache".formatted(file));
			}
		}
		finally {
			libc.close(descriptor);
		}
	}

	/**
	 * What is called of the C library.
	 */
	public interface LibC {

		/**
		 * Open a file.
		 * @param path its path
		 * @param flags how
		 * @return the descriptor, negative on failure
		 */
		@IgnoreError
		int open(String path, int flags);

		/**
		 * Close a file.
		 * @param descriptor the descriptor
		 * @return 0 on success
		 */
		@IgnoreError
		int close(int descriptor);

		/**
		 * Announce how a file will be used.
		 * @param descriptor the descriptor
		 * @param offset from where on
		 * @param length how far, 0 for all
		 * @param advice how
		 * @return 0 on success
		 */
		@IgnoreError
		int posix_fadvise(int descriptor, long offset, long length, int advice);

	}

}
