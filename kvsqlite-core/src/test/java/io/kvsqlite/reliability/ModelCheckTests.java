package io.kvsqlite.reliability;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that run the model checks of the actors' permits and evictions, in a process of
 * their own: the model checker rewrites the classes of the JDK that it meets, and all
 * other tests would pay for it.
 */
class ModelCheckTests {

	private static final List<String> CHECKS = List.of("io.kvsqlite.IdleActorsModelChecks");

	private static final int LEAST_CHECKS = 2;

	@TempDir
	private Path directory;

	@Test
	void modelChecksShouldPass() throws Exception {
		Path output = this.directory.resolve("output");
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+EnableDynamicAgentLoading",
				"-cp", System.getProperty("java.class.path"), Checks.class.getName()));
		command.addAll(CHECKS);
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(15, TimeUnit.MINUTES)).as("the checks have ended").isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		String said = Files.readString(output);
		assertThat(process.exitValue()).as(said).isZero();
		assertThat(said.lines().filter((line) -> line.startsWith("passed: ")).count()).as(said)
			.isGreaterThanOrEqualTo(LEAST_CHECKS);
	}

	/**
	 * The process: runs the classes that it is given.
	 */
	static final class Checks implements TestExecutionListener {

		private int failed;

		/**
		 * Run the checks, and end with 1 if any fails.
		 * @param classes the names of their classes
		 */
		public static void main(String[] classes) {
			LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
				.selectors(List.of(classes).stream().map(DiscoverySelectors::selectClass).toList())
				.build();
			Checks checks = new Checks();
			LauncherFactory.create().execute(request, checks);
			// what was checked may have left threads
			System.exit((checks.failed > 0) ? 1 : 0);
		}

		@Override
		public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
			boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
			if (identifier.isTest() || !passed) {
				System.out.println((passed ? "passed: " : "failed: ") + identifier.getDisplayName());
			}
			if (!passed) {
				this.failed++;
				result.getThrowable().ifPresent(Throwable::printStackTrace);
			}
		}

	}

}
