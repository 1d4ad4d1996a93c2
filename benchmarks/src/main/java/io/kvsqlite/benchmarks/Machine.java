package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import com.sun.management.OperatingSystemMXBean;
import org.rocksdb.RocksDB;
import org.sqlite.SQLiteJDBCLoader;

/**
 * What a run was made on.
 */
final class Machine {

	private static final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory
		.getOperatingSystemMXBean();

	private Machine() {
	}

	/**
	 * Return the facts about the machine and the versions of what was measured.
	 * @param data where the data were
	 */
	static Map<String, String> describe(Path data) throws IOException {
		Map<String, String> facts = new LinkedHashMap<>();
		facts.put("processor", "%d x %s".formatted(Runtime.getRuntime().availableProcessors(), processor()));
		facts.put("memory", "%,d MB".formatted(system.getTotalMemorySize() / 1_000_000));
		facts.put("operating system", system.getName() + " " + system.getVersion());
		facts.put("file system of the data", Files.getFileStore(data).type());
		facts.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
		facts.put("Java heap", "at most %,d MB".formatted(Runtime.getRuntime().maxMemory() / 1_000_000));
		facts.put("sqlite-jdbc", SQLiteJDBCLoader.getVersion());
		RocksDB.loadLibrary();
		facts.put("RocksDB", RocksDB.rocksdbVersion().toString());
		return facts;
	}

	/**
	 * Return how busy the machine is: how many threads wanted to run in the last minute.
	 */
	static String load() {
		return String.format(Locale.ROOT, "%.1f", system.getSystemLoadAverage());
	}

	private static String processor() throws IOException {
		Path info = Path.of("/proc/cpuinfo");
		if (!Files.exists(info)) {
			return system.getArch();
		}
		return Files.readAllLines(info)
			.stream()
			.filter((line) -> line.startsWith("model name"))
			.map((line) -> line.substring(line.indexOf(':') + 1).trim())
			.findFirst()
			.orElse(system.getArch());
	}

}
