package io.kvsqlite.reliability;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Tag;
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
 * Tests that run the model checks of who has an actor, of holds on its connection and of
 * leases, in a process of their own: the model checker rewrites the classes of the JDK
 * that it meets, and all other tests would pay for it. Only on JDKs on which the model
 * checker finds the bugs that are put there: the tag is excluded on others.
 */
@Tag("model-checker")
class ModelCheckTests {

	private static final List<String> CHECKS = List.of("io.kvsqlite.IdleActorsModelChecks",
			"io.kvsqlite.ActorSlotsModelChecks", "io.kvsqlite.jdbc.HoldLifeModelChecks",
			"io.kvsqlite.kv.LeaseLifeModelChecks");

	/**
	 * Twelve of sound code, and five that a bug which was put there is found.
	 */
	private static final int LEAST_CHECKS = 17;

	/**
	 * How many interleavings of each are tried.
	 */
	private static final int FEW = 20;

	private static final int MANY = 1000;

	@TempDir
	private Path directory;

	@Test
	void modelChecksShouldPass() throws Exception {
		check(FEW);
	}

	@Tag("long")
	@Test
	void modelChecksOfManyInterleavingsShouldPass() throws Exception {
		check(MANY);
	}

	private void check(int interleavings) throws Exception {
		Path output = this.directory.resolve("output");
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+EnableDynamicAgentLoading",
				"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dkvsqlite.interleavings=" + interleavings, "-cp",
				System.getProperty("java.class.path"), Checks.class.getName()));
		command.addAll(CHECKS);
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(60, TimeUnit.MINUTES)).as("the checks have ended").isTrue();
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
