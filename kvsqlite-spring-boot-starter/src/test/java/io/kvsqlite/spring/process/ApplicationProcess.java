package io.kvsqlite.spring.process;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A small application in a process of its own, on a part of this one's class path.
 */
final class ApplicationProcess implements AutoCloseable {

	private final Process process;

	private final BufferedReader reader;

	private final StringBuilder output = new StringBuilder();

	private ApplicationProcess(Process process) {
		this.process = process;
		this.reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * Start an application.
	 * @param main its class
	 * @param removed the file names that are not to be on its class path
	 * @param arguments its arguments
	 */
	static ApplicationProcess start(Class<?> main, Predicate<String> removed, String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(System.getProperty("java.home") + "/bin/java");
		command.add("-Xshare:auto");
		command.add("-XX:TieredStopAtLevel=1");
		command.add("-XX:+UseSerialGC");
		command.add("-cp");
		command.add(classPath(removed));
		command.add(main.getName());
		command.addAll(List.of(arguments));
		return new ApplicationProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
	}

	private static String classPath(Predicate<String> removed) {
		String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		return Arrays.stream(all.split(File.pathSeparator))
			.filter((entry) -> !removed.test(new File(entry).getName()))
			.collect(Collectors.joining(File.pathSeparator));
	}

	/**
	 * Read what it prints up to a line with some text, and return all there was so far.
	 */
	String readUntil(String text) throws IOException {
		for (String line = this.reader.readLine(); line != null; line = this.reader.readLine()) {
			this.output.append(line).append('\n');
			if (line.contains(text)) {
				return this.output.toString();
			}
		}
		throw new AssertionError("The process ended without printing '%s':%n%s".formatted(text, this.output));
	}

	/**
	 * Wait for its end and return all that it printed.
	 */
	String finish() throws IOException, InterruptedException {
		for (String line = this.reader.readLine(); line != null; line = this.reader.readLine()) {
			this.output.append(line).append('\n');
		}
		if (!this.process.waitFor(60, TimeUnit.SECONDS)) {
			throw new AssertionError("The process does not end");
		}
		return this.output.toString();
	}

	int exitValue() {
		return this.process.exitValue();
	}

	/**
	 * Let it go on, by a line to its standard input.
	 */
	void goOn() throws IOException {
		OutputStream input = this.process.getOutputStream();
		input.write('\n');
		input.flush();
	}

	@Override
	public void close() throws IOException {
		this.process.destroyForcibly();
		this.reader.close();
	}

}
