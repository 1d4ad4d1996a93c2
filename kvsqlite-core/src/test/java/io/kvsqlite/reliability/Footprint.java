package io.kvsqlite.reliability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What this process takes of the machine. On systems without {@code /proc} the files and
 * the memory besides the heap are reported as none.
 *
 * @param heap bytes of the Java heap in use after a collection
 * @param besides KiB of resident memory besides the heap
 * @param threads Java threads
 * @param files open files outside the store's directory, where RocksDB opens and closes
 * as it sees fit
 */
record Footprint(long heap, long besides, int threads, long files) {

	private static final long MORE_HEAP = 24 << 20;

	/**
	 * What RocksDB's buffers and the compiler's code may take meanwhile.
	 */
	private static final long MORE_BESIDES = 128 << 10;

	private static final int MORE_THREADS = 3;

	private static final int MORE_FILES = 8;

	static Footprint of(Path directory) throws IOException {
		System.gc();
		MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
		long besides = Math.max(0, resident() - heap.getCommitted() / 1024);
		return new Footprint(heap.getUsed(), besides, ManagementFactory.getThreadMXBean().getThreadCount(),
				files(directory));
	}

	/**
	 * Check that this is not much more than it was earlier.
	 */
	void requireNoMoreThan(Footprint earlier) {
		assertThat(this.heap).as("bytes of heap in use").isLessThan(earlier.heap + MORE_HEAP);
		assertThat(this.besides).as("KiB of memory besides the heap").isLessThan(earlier.besides + MORE_BESIDES);
		assertThat(this.threads).as("threads").isLessThanOrEqualTo(earlier.threads + MORE_THREADS);
		assertThat(this.files).as("open files").isLessThanOrEqualTo(earlier.files + MORE_FILES);
	}

	private static long files(Path directory) throws IOException {
		Path descriptors = Path.of("/proc/self/fd");
		if (!Files.isDirectory(descriptors)) {
			return 0;
		}
		Path real = directory.toRealPath();
		try (Stream<Path> files = Files.list(descriptors)) {
			return files.filter((file) -> !isIn(file, real)).count();
		}
	}

	private static boolean isIn(Path descriptor, Path directory) {
		try {
			return Files.readSymbolicLink(descriptor).startsWith(directory);
		}
		catch (IOException ex) {
			// closed meanwhile
			return true;
		}
	}

	private static long resident() {
		Path status = Path.of("/proc/self/status");
		if (!Files.exists(status)) {
			return 0;
		}
		try {
			List<String> lines = Files.readAllLines(status);
			return lines.stream()
				.filter((line) -> line.startsWith("VmRSS:"))
				.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
				.findFirst()
				.orElse(0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public String toString() {
		return "heap %,d KiB, besides %,d KiB, %d threads, %d files".formatted(this.heap / 1024, this.besides,
				this.threads, this.files);
	}

}
