package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What all measurements of a run share: how much to measure, room on the disk, and the
 * servers. Whatever was left in the directory is deleted at the end, also when the run is
 * interrupted.
 */
final class Bench implements AutoCloseable {

	private final Scale scale;

	private final Path directory;

	private final Servers servers;

	private final Thread cleaning = new Thread(this::clean, "benchmark-cleaning");

	private int directories;

	/**
	 * Prepare a run.
	 * @param scale how much to measure
	 * @param parent where to make a directory for the data; on the disk that is to be
	 * measured
	 */
	Bench(Scale scale, Path parent) {
		this(scale, parent, new Servers());
	}

	/**
	 * Prepare a run with given servers.
	 */
	Bench(Scale scale, Path parent, Servers servers) {
		this.scale = scale;
		this.servers = servers;
		try {
			Files.createDirectories(parent);
			this.directory = Files.createTempDirectory(parent, "run").toAbsolutePath();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Runtime.getRuntime().addShutdownHook(this.cleaning);
	}

	Scale scale() {
		return this.scale;
	}

	Servers servers() {
		return this.servers;
	}

	Path directory() {
		return this.directory;
	}

	/**
	 * Make an empty directory.
	 */
	synchronized Path newDirectory() {
		try {
			return Files.createDirectory(this.directory.resolve(String.valueOf(++this.directories)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void clean() {
		this.servers.close();
		try {
			Directories.delete(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		Runtime.getRuntime().removeShutdownHook(this.cleaning);
		clean();
	}

}
