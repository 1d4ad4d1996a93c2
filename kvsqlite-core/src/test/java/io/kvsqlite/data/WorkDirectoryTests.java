package io.kvsqlite.data;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WorkDirectory}.
 */
class WorkDirectoryTests {

	@TempDir
	private Path parent;

	private List<String> names() throws Exception {
		try (Stream<Path> files = Files.list(this.parent)) {
			return files.map((file) -> String.valueOf(file.getFileName())).sorted().toList();
		}
	}

	@Test
	void directoryShouldBeItsOwnersAndGoAway() throws Exception {
		try (WorkDirectory directory = WorkDirectory.in(this.parent)) {
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
				.isEqualTo("rwx------");
			Files.writeString(directory.path().resolve("x"), "x");
			WorkDirectory.sweep(this.parent);
			assertThat(directory.path().resolve("x")).exists();
			assertThat(names()).hasSize(2);
		}
		assertThat(names()).isEmpty();
	}

	@Test
	void whatAKilledProcessLeftShouldGoAndWhatALivingOneHasShouldStay() throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), Victim.class.getName(), this.parent.toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		try (BufferedReader out = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
			for (String line = out.readLine(); line != null && !line.equals("ready"); line = out.readLine()) {
				continue;
			}
			List<String> used = names();
			assertThat(used).hasSize(2);
			WorkDirectory.sweep(this.parent);
			assertThat(names()).as("while it lives").isEqualTo(used);
			process.destroyForcibly().waitFor();
			assertThat(names()).as("after it was killed").isEqualTo(used);
			WorkDirectory.sweep(this.parent);
			assertThat(names()).as("after the next one came").isEmpty();
		}
		finally {
			process.destroyForcibly().waitFor();
		}
	}

	@Test
	void foreignFilesShouldStay() throws Exception {
		Path other = Files.createDirectory(this.parent.resolve("other"));
		Files.writeString(other.resolve("precious"), "x");
		Files.createSymbolicLink(this.parent.resolve(".kvsqlite-work-0"), other);
		Files.createFile(this.parent.resolve(".kvsqlite-work-0.lock"));
		Files.createSymbolicLink(this.parent.resolve(".kvsqlite-work-1.lock"), other.resolve("precious"));
		WorkDirectory.sweep(this.parent);
		assertThat(other.resolve("precious")).exists();
	}

	@Test
	void exportShouldBeReadableByItsOwnerOnly() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		Sql.onActor(store, "a", "CREATE TABLE t (x)");
		Path file = this.parent.resolve("a.sqlite");
		new ActorExport(store).toFile("a", file);
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
		assertThat(names()).containsExactly("a.sqlite");
	}

	/**
	 * A process that works until it is killed.
	 */
	static final class Victim {

		private Victim() {
		}

		public static void main(String[] arguments) throws Exception {
			WorkDirectory directory = WorkDirectory.in(Path.of(arguments[0]));
			Files.writeString(directory.path().resolve("actor.sqlite"), "somebody's data");
			System.out.println("ready");
			Thread.sleep(Long.MAX_VALUE);
		}

	}

}
