package io.kvsqlite.reliability;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starts {@link Victim}s. What every one of these processes would do first is done once:
 * RocksDB's native library is unpacked (a process that is killed leaves its own behind),
 * and the JDK keeps the classes it needs in an archive that it maps, which takes a third
 * off the work of a start. The archive takes classes from jars alone, so directories of
 * classes are packed into some.
 */
final class Victims {

	private static final int LINES_BEFORE_ARCHIVING = 40;

	private final Path directory;

	private final String classPath;

	private final Path archive;

	/**
	 * Prepare.
	 * @param directory for what they share
	 */
	Victims(Path directory) throws IOException, InterruptedException {
		this.directory = directory;
		this.archive = directory.resolve("classes.jsa");
		unpackLibrary();
		this.classPath = packClasses();
		archive();
	}

	private void unpackLibrary() throws IOException {
		String name = Environment.getJniLibraryFileName("rocksdb");
		try (InputStream library = RocksDB.class.getClassLoader().getResourceAsStream(name)) {
			assertThat(library).as(name).isNotNull();
			Files.copy(library, this.directory.resolve(name));
		}
	}

	private String packClasses() throws IOException {
		List<String> elements = new ArrayList<>();
		for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
			Path path = Path.of(element);
			if (Files.isDirectory(path)) {
				Path jar = this.directory.resolve(elements.size() + ".jar");
				pack(path, jar);
				elements.add(jar.toString());
			}
			else {
				elements.add(element);
			}
		}
		return String.join(File.pathSeparator, elements);
	}

	private static void pack(Path classes, Path jar) throws IOException {
		try (OutputStream file = Files.newOutputStream(jar);
				JarOutputStream out = new JarOutputStream(file);
				Stream<Path> paths = Files.walk(classes)) {
			out.setLevel(0);
			paths.filter((path) -> path.toString().endsWith(".class")).forEach((path) -> {
				try {
					out.putNextEntry(new JarEntry(classes.relativize(path).toString()));
					Files.copy(path, out);
					out.closeEntry();
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			});
		}
	}

	/**
	 * Let one process work for a while and end by itself, when it archives what it has
	 * loaded.
	 */
	private void archive() throws IOException, InterruptedException {
		Process process = start(this.directory.resolve("archived"), 1, "-XX:ArchiveClassesAtExit=" + this.archive);
		try (BufferedReader reader = process.inputReader()) {
			for (int i = 0; i < LINES_BEFORE_ARCHIVING; i++) {
				assertThat(reader.readLine()).as("a line of the process").isNotNull();
			}
		}
		finally {
			if (!process.waitFor(10, TimeUnit.MINUTES)) {
				process.destroyForcibly();
			}
		}
		assertThat(this.archive).exists();
	}

	/**
	 * Start a process.
	 */
	Process start(Path store, long seed) throws IOException {
		return start(store, seed, "-XX:SharedArchiveFile=" + this.archive);
	}

	private Process start(Path store, long seed, String archiving) throws IOException {
		return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", archiving, "-Xlog:disable", "-Xmx128m",
				"-Djava.library.path=" + this.directory, "-Djava.io.tmpdir=" + this.directory, "-cp", this.classPath,
				Victim.class.getName(), store.toString(), Long.toString(seed))
			.redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
	}

}
