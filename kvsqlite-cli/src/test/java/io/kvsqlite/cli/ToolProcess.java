package io.kvsqlite.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that runs to its end, with what it printed.
 *
 * @param status its exit status
 * @param out its standard output
 * @param err its standard error
 */
record ToolProcess(int status, String out, String err) {

	/**
	 * Where the tool's one jar is.
	 */
	static final String JAR = System.getProperty("kvsqlite.test.jar", "");

	static final String JAVA = ProcessHandle.current().info().command().orElse("java");

	/**
	 * Run the tool.
	 */
	static ToolProcess kvsqlite(String... arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(java("-jar", JAR));
		command.addAll(List.of(arguments));
		return run(command);
	}

	/**
	 * Run a line of a POSIX shell, in which {@code kvsqlite} is the tool.
	 */
	static ToolProcess shell(String line) throws IOException, InterruptedException {
		String function = "export LC_ALL=C; kvsqlite() { " + String.join(" ", java("-jar", JAR)) + " \"$@\"; }\n";
		return run(List.of("bash", "-c", function + line));
	}

	/**
	 * Return the beginning of a command: Java, quick to start.
	 */
	static List<String> java(String... arguments) {
		List<String> command = new ArrayList<>(List.of(JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
		command.addAll(List.of(arguments));
		return command;
	}

	static ToolProcess run(List<String> command) throws IOException, InterruptedException {
		File out = File.createTempFile("out", null);
		File err = File.createTempFile("err", null);
		try {
			Process process = new ProcessBuilder(command)
				.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
				.redirectOutput(out)
				.redirectError(err)
				.start();
			if (!process.waitFor(5, TimeUnit.MINUTES)) {
				process.destroyForcibly();
				throw new IOException("Does not end: " + command);
			}
			return new ToolProcess(process.exitValue(), read(out.toPath()), read(err.toPath()));
		}
		finally {
			Files.delete(out.toPath());
			Files.delete(err.toPath());
		}
	}

	private static String read(Path file) throws IOException {
		return Files.readString(file, StandardCharsets.UTF_8);
	}

}
