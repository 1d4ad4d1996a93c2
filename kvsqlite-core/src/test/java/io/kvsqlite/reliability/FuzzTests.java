package io.kvsqlite.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.kvsqlite.kv.rocksdb.OwnerRecordFuzzTarget;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that give the {@link FuzzTargets} each input of the corpus again, and that let
 * Jazzer look for more, for {@code kvsqlite.fuzz.seconds} a target: guided by coverage,
 * in a process of its own. What it finds is put into the corpus.
 */
@ExtendWith(QuietLog.class)
@Timeout(24 * 3600)
class FuzzTests {

	private static final int SECONDS = Integer.getInteger("kvsqlite.fuzz.seconds", 600);

	/**
	 * An input that takes so long hangs. One that takes less may have met a machine that
	 * stalls.
	 */
	private static final int HANG_SECONDS = 120;

	private static final Path CORPUS = Path.of("src", "test", "corpus");

	private static final Map<String, Consumer<byte[]>> TARGETS = Map.of(FuzzTargets.Codec.class.getName(),
			FuzzTargets.Codec::fuzzerTestOneInput, FuzzTargets.Opening.class.getName(),
			FuzzTargets.Opening::fuzzerTestOneInput, OwnerRecordFuzzTarget.class.getName(),
			OwnerRecordFuzzTarget::fuzzerTestOneInput);

	@TempDir
	private Path directory;

	static Stream<String> targets() {
		return TARGETS.keySet().stream().sorted();
	}

	@ParameterizedTest
	@MethodSource("targets")
	void corpusShouldPass(String target) throws IOException {
		List<Path> inputs = inputs(target);
		assertThat(inputs).as("inputs of " + target).isNotEmpty();
		for (Path input : inputs) {
			try {
				TARGETS.get(target).accept(Files.readAllBytes(input));
			}
			catch (Throwable ex) {
				throw new AssertionError(target + " fails for " + input, ex);
			}
		}
		System.out.printf("reliability: fuzz corpus of %s: %d inputs, 0 failures%n", target, inputs.size());
	}

	@Tag("long")
	@ParameterizedTest
	@MethodSource("targets")
	void fuzzerShouldFindNothing(String target) throws Exception {
		Path found = Files.createDirectory(this.directory.resolve("found"));
		Path output = this.directory.resolve("output");
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-cp",
				System.getProperty("java.class.path"), "com.code_intelligence.jazzer.Jazzer",
				"--target_class=" + target, "--instrumentation_includes=io.kvsqlite.**",
				"--custom_hook_includes=io.kvsqlite.**", "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.*",
				"--reproducer_path=" + found, "-artifact_prefix=" + found.toAbsolutePath() + "/",
				"-max_total_time=" + SECONDS, "-timeout=" + HANG_SECONDS, "-report_slow_units=" + HANG_SECONDS,
				"-rss_limit_mb=4096", "-max_len=4096", "-print_final_stats=1",
				Files.createDirectory(this.directory.resolve("corpus")).toString(), corpus(target).toString()));
		Process jazzer = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(jazzer.waitFor(2L * SECONDS + 300, TimeUnit.SECONDS)).as("the fuzzer has ended").isTrue();
		}
		finally {
			jazzer.destroyForcibly();
		}
		String said = Files.readString(output);
		try (Stream<Path> files = Files.list(found)) {
			assertThat(files.map(FuzzTests::hexadecimal)).as("what the fuzzer found; it says: " + said).isEmpty();
		}
		assertThat(jazzer.exitValue()).as("the fuzzer's exit status; it says: " + said).isZero();
		System.out.printf("reliability: fuzzed %s for %d s: %s, 0 failures%n", target, SECONDS, statistics(said));
	}

	private static String statistics(String said) {
		return said.lines()
			.filter((line) -> line.startsWith("stat::number_of_executed_units"))
			.map((line) -> line.replaceAll("\\D+(\\d+).*", "$1") + " inputs")
			.findFirst()
			.orElse("an unknown number of inputs");
	}

	private static String hexadecimal(Path file) {
		try {
			return file.getFileName() + ": " + java.util.HexFormat.of().formatHex(Files.readAllBytes(file));
		}
		catch (IOException ex) {
			return file + ": " + ex;
		}
	}

	private static List<Path> inputs(String target) throws IOException {
		try (Stream<Path> files = Files.list(corpus(target))) {
			return files.sorted().toList();
		}
	}

	private static Path corpus(String target) {
		return CORPUS.resolve(target.substring(target.lastIndexOf('.') + 1));
	}

}
