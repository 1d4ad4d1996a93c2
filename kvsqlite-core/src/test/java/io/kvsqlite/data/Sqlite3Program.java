package io.kvsqlite.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * The {@code sqlite3} program of this machine: a judge that shares no code with
 * sqlite-jdbc's Java side.
 */
final class Sqlite3Program {

	private Sqlite3Program() {
	}

	/**
	 * Return what is missing on this machine.
	 * @return a sentence, or {@code null} if nothing is
	 */
	static @Nullable String missing() throws InterruptedException {
		try {
			Process process = new ProcessBuilder("sqlite3", "--version").redirectErrorStream(true).start();
			process.getInputStream().readAllBytes();
			return (process.waitFor() == 0) ? null : "sqlite3 does not run";
		}
		catch (IOException ex) {
			return "the program sqlite3 is not on the path";
		}
	}

	/**
	 * Run SQL on a database file.
	 * @return what the program printed, errors included
	 */
	static String run(Path database, String sql) throws IOException, InterruptedException {
		Process process = new ProcessBuilder("sqlite3", "-batch", database.toString(), sql).redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		process.waitFor();
		return output;
	}

}
