package io.kvsqlite.kv.rocksdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import jnr.ffi.LibraryLoader;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;

/**
 * Another process with a store of its own, for tests to kill and to starve.
 */
final class StoreProcess implements AutoCloseable {

	static final int ACTORS = 8;

	static final int CHUNKS = 3;

	private static final byte[][] NO_KEYS = {};

	private final Process process;

	private final BufferedReader output;

	private StoreProcess(Process process) {
		this.process = process;
		this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * Start a process.
	 * @param mode what it is to do: the name of a method of this class
	 * @param directory the store's directory
	 */
	static StoreProcess start(String mode, Path directory) throws IOException {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		Process process = new ProcessBuilder(java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
				System.getProperty("java.class.path"), StoreProcess.class.getName(), mode, directory.toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		return new StoreProcess(process);
	}

	/**
	 * Return the next line that it prints.
	 * @return the line, or {@code null} if it ended
	 */
	String readLine() throws IOException {
		return this.output.readLine();
	}

	/**
	 * Kill it, as {@code kill -9} does, and return what it had printed until then.
	 */
	List<String> kill() throws IOException, InterruptedException {
		// the process itself would close its output, and what it had printed were lost
		this.process.toHandle().destroyForcibly();
		this.process.waitFor();
		List<String> lines = new ArrayList<>();
		for (String line = readLine(); line != null; line = readLine()) {
			lines.add(line);
		}
		return lines;
	}

	int waitFor() throws InterruptedException {
		if (!this.process.waitFor(60, TimeUnit.SECONDS)) {
			throw new IllegalStateException("The process did not end");
		}
		return this.process.exitValue();
	}

	@Override
	public void close() throws Exception {
		kill();
	}

	static String actor(int number) {
		return "actor-" + number;
	}

	static byte[][] chunkKeys() {
		byte[][] keys = new byte[CHUNKS][];
		for (int i = 0; i < CHUNKS; i++) {
			keys[i] = new byte[] { 8, 1, 1, 0, 0, 0, 0, (byte) i };
		}
		return keys;
	}

	static byte[] chunk(long commit) {
		byte[] chunk = new byte[4096];
		Arrays.fill(chunk, (byte) commit);
		System.arraycopy(Long.toString(commit).getBytes(StandardCharsets.UTF_8), 0, chunk, 0,
				Long.toString(commit).length());
		return chunk;
	}

	private static void writeNext(KvSession session) {
		KvWrite write = new KvWrite();
		for (byte[] key : chunkKeys()) {
			write.put(key, chunk(session.commit() + 1));
		}
		session.write(write);
	}

	private static void require(boolean condition, String message) {
		if (!condition) {
			throw new IllegalStateException(message);
		}
	}

	public static void main(String[] arguments) throws Exception {
		Path directory = Path.of(arguments[1]);
		switch (arguments[0]) {
			case "hold" -> hold(directory);
			case "attempt" -> attempt(directory);
			case "write" -> write(directory);
			case "fill" -> fill(directory);
			default -> throw new IllegalArgumentException(arguments[0]);
		}
	}

	/**
	 * Open the store and keep it.
	 */
	private static void hold(Path directory) throws Exception {
		try (RocksDbKvStore store = new RocksDbKvStore(directory)) {
			System.out.println("open");
			Thread.sleep(TimeUnit.MINUTES.toMillis(2));
			store.ping();
		}
	}

	/**
	 * Open the store and close it; print how that went.
	 */
	private static void attempt(Path directory) {
		try {
			new RocksDbKvStore(directory).close();
			System.out.println("open");
		}
		catch (RocksDbDirectoryLockedException ex) {
			System.out.println(ex.isLockedByThisProcess() ? "locked by itself" : "locked");
		}
	}

	/**
	 * Return what opening a directory is like for another process: {@code open} or
	 * {@code locked}.
	 */
	static String attemptElsewhere(Path directory) throws Exception {
		try (StoreProcess process = start("attempt", directory)) {
			String line = process.readLine();
			return (line != null) ? line : "nothing";
		}
	}

	/**
	 * Write to all actors at once, and print each commit when it was acknowledged.
	 */
	private static void write(Path directory) throws Exception {
		// tables are written while it runs
		RocksDbKvStore store = new RocksDbKvStore(RocksDbOptions.of(directory).withWriteBufferBytes(1024 * 1024));
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < ACTORS; i++) {
			String actor = actor(i);
			Thread thread = new Thread(() -> {
				KvSession session = store.open(actor, NO_KEYS).session();
				while (true) {
					writeNext(session);
					System.out.println(actor + " " + session.commit() + " ok");
				}
			});
			thread.start();
			threads.add(thread);
		}
		for (Thread thread : threads) {
			thread.join();
		}
	}

	/**
	 * Write until no more fits in the log, and go on, three times; print what happened.
	 */
	private static void fill(Path directory) {
		RocksDbOptions options = RocksDbOptions.of(directory).withWriteBufferBytes(64 * 1024 * 1024);
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			// from now on no file of this process may grow beyond 1 MiB
			LibC.setLargestFile(1024 * 1024);
			for (int round = 0; round < 3; round++) {
				fillOnce(store);
			}
		}
		System.out.println("done");
	}

	private static void fillOnce(RocksDbKvStore store) {
		KvSession bystander = store.open("bystander", NO_KEYS).session();
		writeNext(bystander);
		KvSession session = store.open(actor(0), NO_KEYS).session();
		long before = session.commit();
		try {
			while (session.commit() < before + 10_000) {
				writeNext(session);
			}
			throw new IllegalStateException("Everything fitted");
		}
		catch (KvIndeterminateException ex) {
			System.out.println("in doubt: commit " + (session.commit() + 1) + ": " + ex.getMessage());
		}
		long acknowledged = session.commit();
		require(acknowledged > before, "nothing was acknowledged");
		refuses(() -> session.read(NO_KEYS), KvUnavailableException.class);
		refuses(() -> writeNext(session), KvUnavailableException.class);
		refuses(() -> writeNext(bystander), KvUnavailableException.class);
		require(Arrays.equals(bystander.read(chunkKeys())[0], chunk(bystander.commit())), "a bystander cannot read");
		KvOpening again = store.open(actor(0), chunkKeys());
		KvCommit known = session.lastCommit();
		KvCommit found = again.session().lastCommit();
		require(found.equals(known) || found.equals(known.next(session.fence())),
				"after commit %s the store has commit %s".formatted(known, found));
		long commit = again.session().commit();
		require(commit == acknowledged || commit == acknowledged + 1,
				"%d were acknowledged, found %d".formatted(acknowledged, commit));
		for (byte[] chunk : again.values()) {
			require(Arrays.equals(chunk, chunk(commit)), "a chunk is not that of commit " + commit);
		}
		refuses(() -> bystander.read(NO_KEYS), KvOwnershipLostException.class);
		refuses(() -> session.read(NO_KEYS), KvOwnershipLostException.class);
		require(store.open("bystander", NO_KEYS).session().commit() == bystander.commit(), "a bystander lost a commit");
		writeNext(again.session());
		require(again.session().commit() == commit + 1, "commits are not counted on");
	}

	/**
	 * The system call that limits the size of files.
	 */
	public interface LibC {

		int RLIMIT_FSIZE = 1;

		int setrlimit(int resource, long[] softAndHard);

		static void setLargestFile(long bytes) {
			LibC libc = LibraryLoader.create(LibC.class).load("c");
			require(libc.setrlimit(RLIMIT_FSIZE, new long[] { bytes, -1 }) == 0, "setrlimit failed");
		}

	}

	private static void refuses(Runnable use, Class<? extends KvDefiniteException> type) {
		try {
			use.run();
		}
		catch (KvDefiniteException ex) {
			require(type.isInstance(ex), ex.toString());
			return;
		}
		throw new IllegalStateException("Expected " + type);
	}

}
