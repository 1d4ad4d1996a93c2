package io.kvsqlite.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Runs npm's {@code @rivetkit/sqlite-vfs}, unchanged, in a Node process of its own:
 * {@code src/test/node/interop.mjs}.
 */
final class NodeSqlite {

	private static final Path PROGRAM = Path.of("src/test/node");

	private static final int OLDEST_NODE = 20;

	private static final long TIMEOUT_SECONDS = 300;

	private final Path directory;

	private int files;

	NodeSqlite(Path directory) {
		this.directory = directory;
	}

	/**
	 * Return what is missing on this machine.
	 * @return a sentence, or {@code null} if nothing is
	 */
	static @Nullable String missing() {
		String version;
		try {
			version = start(List.of("node", "-p", "process.versions.node"), null);
		}
		catch (IOException ex) {
			return "Node %d or newer is not on the path".formatted(OLDEST_NODE);
		}
		if (Integer.parseInt(version.substring(0, version.indexOf('.'))) < OLDEST_NODE) {
			return "Node is older than %d: %s".formatted(OLDEST_NODE, version.strip());
		}
		if (!Files.exists(PROGRAM.resolve("node_modules/@rivetkit/sqlite-vfs/package.json"))) {
			return "@rivetkit/sqlite-vfs is not installed: npm ci --prefix kvsqlite-core/src/test/node";
		}
		return null;
	}

	/**
	 * Run scripts on a new database.
	 * @param scripts the SQL
	 * @return what was left
	 */
	Result run(String... scripts) throws IOException {
		return runOn(null, scripts);
	}

	/**
	 * Run scripts on a database.
	 * @param database its namespace, or {@code null} for a new one
	 * @param scripts the SQL
	 * @return what was left
	 */
	Result runOn(@Nullable KvLog database, String... scripts) throws IOException {
		Path output = newFile("kvlog");
		List<String> command = new ArrayList<>(List.of("run"));
		command.add((database != null) ? save(database).toString() : "-");
		command.add(output.toString());
		for (String script : scripts) {
			command.add(Files.writeString(newFile("sql"), script).toString());
		}
		program(command);
		return new Result(KvLog.read(output), KvLog.read(Path.of(output + ".writes")));
	}

	/**
	 * Return what a database holds.
	 * @param database its namespace
	 * @return see {@link DatabaseDigest}
	 */
	String digest(KvLog database) throws IOException {
		return program(List.of("digest", save(database).toString()));
	}

	/**
	 * Return what every prefix of a log holds once it is opened, a hot journal rolled
	 * back included.
	 * @param log the log
	 * @return a digest for each number of writes from one to all
	 */
	List<String> digestsOfEveryPrefix(KvLog log) throws IOException {
		return List.of(program(List.of("digest", save(log).toString(), "--every-prefix")).split("(?m)^--\n"));
	}

	private Path save(KvLog log) throws IOException {
		Path file = newFile("kvlog");
		log.write(file);
		return file;
	}

	private Path newFile(String extension) {
		return this.directory.resolve("node-%d.%s".formatted(this.files++, extension));
	}

	private static String program(List<String> arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("node", PROGRAM.resolve("interop.mjs").toString()));
		command.addAll(arguments);
		Path errors = Files.createTempFile("node", ".err");
		try {
			return start(command, errors);
		}
		finally {
			Files.delete(errors);
		}
	}

	private static String start(List<String> command, @Nullable Path errors) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.redirectError(
				(errors != null) ? ProcessBuilder.Redirect.to(errors.toFile()) : ProcessBuilder.Redirect.DISCARD);
		Process process = builder.start();
		try {
			process.getOutputStream().close();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
				throw new IOException(
						"%s failed: %s".formatted(command, (errors != null) ? Files.readString(errors) : ""));
			}
			return output;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("interrupted while waiting for " + command, ex);
		}
		finally {
			process.destroyForcibly();
		}
	}

	/**
	 * What a run left.
	 *
	 * @param database the namespace after the close, as one write
	 * @param writes the namespace before the last script, then every write that the
	 * script and the close made
	 */
	record Result(KvLog database, KvLog writes) {
	}

}
