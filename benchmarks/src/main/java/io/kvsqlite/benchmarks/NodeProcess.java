package io.kvsqlite.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * npm's {@code @rivetkit/sqlite-vfs} over a map in memory, in a Node process that answers
 * requests, see {@code compare.mjs}.
 */
final class NodeProcess implements AutoCloseable {

	static final String LABEL = "@rivetkit/sqlite-vfs, memory";

	private static final Path DIRECTORY = Path
		.of(System.getProperty("kvsqlite.benchmarks.node", "kvsqlite-core/src/test/node"));

	private final Process process;

	private final BufferedReader answers;

	private final BufferedWriter requests;

	NodeProcess() throws IOException {
		this.process = new ProcessBuilder("node", DIRECTORY.resolve("compare.mjs").toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		this.answers = this.process.inputReader(StandardCharsets.UTF_8);
		this.requests = this.process.outputWriter(StandardCharsets.UTF_8);
	}

	/**
	 * Return whether there is a Node and the package is installed.
	 */
	static boolean isAvailable() {
		if (!Files.exists(DIRECTORY.resolve("node_modules"))) {
			return false;
		}
		try {
			return new ProcessBuilder("node", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/**
	 * Ask for something, and wait until it is done.
	 * @param request the request and its parameters
	 */
	Answer ask(String... request) throws IOException {
		this.requests.write(String.join("\t", request));
		this.requests.newLine();
		this.requests.flush();
		String answer = this.answers.readLine();
		if (answer == null || !answer.startsWith("ok ")) {
			throw new IOException("Node answered: " + answer);
		}
		String[] fields = answer.split(" ");
		return new Answer(Long.parseLong(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3]));
	}

	@Override
	public void close() {
		this.process.destroy();
	}

	/**
	 * What was done.
	 *
	 * @param nanos how long it took, on Node's own clock
	 * @param operations how many operations it was
	 * @param roundTrips how often the store was asked
	 */
	record Answer(long nanos, long operations, long roundTrips) {
	}

}
