package io.kvsqlite.reliability;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.ObjectName;

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

	/**
	 * The heap, or a part of it.
	 */
	private static final Pattern SPACE = Pattern.compile("\\[0x([0-9a-f]+),[^)]*0x([0-9a-f]+)\\)");

	private static final Pattern MAPPING = Pattern.compile("^([0-9a-f]+)-[0-9a-f]+ ");

	private static final long MORE_HEAP = 24 << 20;

	/**
	 * What RocksDB's buffers and the compiler's code may take meanwhile.
	 */
	private static final long MORE_BESIDES = 96 << 10;

	private static final int MORE_THREADS = 3;

	private static final int MORE_FILES = 8;

	static Footprint of(Path directory) throws IOException {
		System.gc();
		return new Footprint(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), besidesHeap(),
				ManagementFactory.getThreadMXBean().getThreadCount(), files(directory));
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

	/**
	 * Add up what is resident of all mappings but those of the Java heap: what the heap
	 * takes of its own goes up and down as the collector sees fit.
	 */
	private static long besidesHeap() throws IOException {
		Path mappings = Path.of("/proc/self/smaps");
		if (!Files.exists(mappings)) {
			return 0;
		}
		String info = heapInfo();
		long from = Long.MAX_VALUE;
		long to = 0;
		for (Matcher space = SPACE.matcher(info); space.find();) {
			from = Math.min(from, Long.parseLong(space.group(1), 16));
			to = Math.max(to, Long.parseLong(space.group(2), 16));
		}
		assertThat(to).as("the end of the heap in: " + info).isPositive();
		long resident = 0;
		boolean inHeap = false;
		for (String line : Files.readAllLines(mappings)) {
			Matcher mapping = MAPPING.matcher(line);
			if (mapping.find()) {
				long start = Long.parseUnsignedLong(mapping.group(1), 16);
				inHeap = start >= from && start < to;
			}
			else if (!inHeap && line.startsWith("Rss:")) {
				resident += Long.parseLong(line.replaceAll("\\D", ""));
			}
		}
		return resident;
	}

	private static String heapInfo() {
		try {
			return (String) ManagementFactory.getPlatformMBeanServer()
				.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcHeapInfo", null, null);
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public String toString() {
		return "heap %,d KiB, besides %,d KiB, %d threads, %d files".formatted(this.heap / 1024, this.besides,
				this.threads, this.files);
	}

}
