package io.kvsqlite.interop;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * npm's {@code @rivetkit/sqlite-vfs}, unchanged, in a Node process of its own that runs
 * {@code src/test/node/interop.mjs}.
 */
final class NodeSqlite implements AutoCloseable {

	private static final Path PROGRAM = Path.of("src/test/node");

	private static final int OLDEST_NODE = 20;

	private final Path directory;

	private final Process process;

	private final BufferedWriter requests;

	private final BufferedReader answers;

	private int files;

	/**
	 * Start Node.
	 * @param directory where to put the files that go to and fro
	 */
	NodeSqlite(Path directory) throws IOException {
		this.directory = directory;
		this.process = new ProcessBuilder("node", PROGRAM.resolve("interop.mjs").toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		this.requests = this.process.outputWriter(StandardCharsets.UTF_8);
		this.answers = this.process.inputReader(StandardCharsets.UTF_8);
	}

	/**
	 * Return what is missing on this machine.
	 * @return a sentence, or {@code null} if nothing is
	 */
	static @Nullable String missing() {
		String version;
		try {
			Process process = new ProcessBuilder("node", "-p", "process.versions.node").start();
			version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		}
		catch (IOException ex) {
			return "Node %d or newer is not on the path".formatted(OLDEST_NODE);
		}
		if (Integer.parseInt(version.split("\\.")[0]) < OLDEST_NODE) {
			return "Node is older than %d: %s".formatted(OLDEST_NODE, version);
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
		Path writes = newFile("kvlog");
		List<String> request = new ArrayList<>(List.of("run", (database != null) ? save(database).toString() : "-",
				output.toString(), writes.toString()));
		for (String script : scripts) {
			request.add(Files.writeString(newFile("sql"), script).toString());
		}
		request(request);
		return new Result(KvLog.read(output), KvLog.read(writes));
	}

	/**
	 * Return what a database holds.
	 * @param database its namespace
	 * @return see {@link DatabaseDigest}
	 */
	String digest(KvLog database) throws IOException {
		return digest(database, "all");
	}

	/**
	 * Return what every prefix of a log holds once it is opened, a hot journal rolled
	 * back included.
	 * @param log the log
	 * @return a digest for each number of writes from one to all
	 */
	List<String> digestsOfEveryPrefix(KvLog log) throws IOException {
		return List.of(digest(log, "prefixes").split("(?m)^--\n"));
	}

	private String digest(KvLog log, String which) throws IOException {
		Path output = newFile("txt");
		request(List.of("digest", save(log).toString(), output.toString(), which));
		return Files.readString(output);
	}

	private Path save(KvLog log) throws IOException {
		Path file = newFile("kvlog");
		log.write(file);
		return file;
	}

	private Path newFile(String extension) {
		return this.directory.resolve("%d.%s".formatted(this.files++, extension));
	}

	private void request(List<String> fields) throws IOException {
		this.requests.write(String.join("\t", fields));
		this.requests.newLine();
		this.requests.flush();
		String answer = this.answers.readLine();
		if (!"ok".equals(answer)) {
			throw new IOException("Node failed: " + answer);
		}
	}

	@Override
	public void close() {
		this.process.destroy();
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
