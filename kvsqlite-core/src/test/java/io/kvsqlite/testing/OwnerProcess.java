package io.kvsqlite.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * A Java process of its own that opens a few actors over and over, writes to them, and
 * says so: {@code ack ACTOR COMMIT} after a write was acknowledged, {@code lost ACTOR}
 * when another took the actor, {@code held ACTOR} when another holds it. It ends when its
 * standard input does.
 */
public final class OwnerProcess implements AutoCloseable {

	/**
	 * How many actors there are, numbered from 0.
	 */
	public static final int ACTORS = 4;

	private final String name;

	private final Process process;

	private final List<String> lines = new CopyOnWriteArrayList<>();

	private final Thread reader;

	private OwnerProcess(String name, Process process) {
		this.name = name;
		this.process = process;
		this.reader = new Thread(this::readLines, "output-of-" + name);
		this.reader.setDaemon(true);
		this.reader.start();
	}

	/**
	 * Start a process.
	 * @param name the owner's name
	 * @param opener opens the process's store; a public class with a public constructor
	 * without parameters
	 * @param arguments what the opener is given besides
	 * @return the process
	 * @throws IOException if it cannot be started
	 */
	public static OwnerProcess start(String name, Class<? extends Opener> opener, String... arguments)
			throws IOException {
		List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
				"-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
				OwnerProcess.class.getName(), name, opener.getName()));
		command.addAll(Arrays.asList(arguments));
		return new OwnerProcess(name,
				new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
	}

	/**
	 * Return the name of an actor.
	 * @param number its number
	 * @return its id
	 */
	public static String actor(int number) {
		return "actor-" + number;
	}

	/**
	 * Return the key under which a commit leaves the name of its owner.
	 * @param commit the commit's number
	 * @return the key
	 */
	public static byte[] signature(long commit) {
		return utf8("by-" + commit);
	}

	/**
	 * Return the owner's name.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return what the process has said so far.
	 * @return the lines
	 */
	public List<String> lines() {
		return List.copyOf(this.lines);
	}

	/**
	 * Return how often the process has said something of a kind.
	 * @param beginning how the lines begin
	 * @return their number
	 */
	public long count(String beginning) {
		return this.lines.stream().filter((line) -> line.startsWith(beginning)).count();
	}

	/**
	 * Return whether the process runs, or is stopped.
	 * @return whether it has not ended
	 */
	public boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Send the process a signal.
	 * @param signal the signal's name, such as {@code STOP}, {@code CONT} or {@code KILL}
	 * @throws Exception if it cannot be sent
	 */
	public void signal(String signal) throws Exception {
		Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(this.process.pid())).inheritIO().start();
		if (kill.waitFor() != 0) {
			throw new IllegalStateException("Process '%s' cannot be sent %s".formatted(this.name, signal));
		}
	}

	/**
	 * Let the process finish, and read the rest of what it says.
	 * @throws Exception if it does not finish
	 */
	public void finish() throws Exception {
		this.process.getOutputStream().close();
		if (!this.process.waitFor(2, TimeUnit.MINUTES)) {
			throw new IllegalStateException("Process '%s' does not finish".formatted(this.name));
		}
		this.reader.join(TimeUnit.MINUTES.toMillis(2));
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

	private void readLines() {
		try (BufferedReader output = new BufferedReader(
				new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8))) {
			for (String line = output.readLine(); line != null; line = output.readLine()) {
				this.lines.add(line);
			}
		}
		catch (IOException ex) {
			this.lines.add("unreadable: " + ex);
		}
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * What runs in the process.
	 * @param arguments the owner's name, the opener's class, the opener's arguments
	 * @throws Exception if something unexpected happens
	 */
	public static void main(String[] arguments) throws Exception {
		Opener opener = (Opener) Class.forName(arguments[1]).getDeclaredConstructor().newInstance();
		AtomicBoolean finish = new AtomicBoolean();
		Thread watch = new Thread(() -> {
			try {
				while (System.in.read() >= 0) {
					continue;
				}
			}
			catch (IOException ex) {
				System.err.println("Standard input cannot be read: " + ex);
			}
			finish.set(true);
		});
		watch.setDaemon(true);
		watch.start();
		try (KvStore store = opener.open(arguments[0], Arrays.copyOfRange(arguments, 2, arguments.length))) {
			work(store, utf8(arguments[0]), finish);
		}
	}

	private static void work(KvStore store, byte[] name, AtomicBoolean finish) throws InterruptedException {
		Random random = new Random();
		Map<Integer, KvSession> sessions = new HashMap<>();
		while (!finish.get()) {
			int actor = random.nextInt(ACTORS);
			try {
				KvSession session = sessions.get(actor);
				if (session == null) {
					session = store.open(actor(actor), new byte[0][]).session();
					sessions.put(actor, session);
				}
				session.write(new KvWrite().put(signature(session.commit() + 1), name));
				System.out.println("ack " + actor + " " + session.commit());
				// Once it had an actor it always holds one, which it loses when it is
				// stopped.
				if (sessions.size() > 1 && random.nextInt(10) == 0) {
					sessions.remove(actor).close();
				}
			}
			catch (KvActorOwnedException ex) {
				System.out.println("held " + actor);
				Thread.sleep(20);
			}
			catch (KvOwnershipLostException ex) {
				System.out.println("lost " + actor);
				sessions.remove(actor);
			}
			catch (KvException ex) {
				System.out.println("failed " + actor + " " + ex);
				KvSession session = sessions.remove(actor);
				if (session != null) {
					session.close();
				}
				Thread.sleep(20);
			}
		}
	}

	/**
	 * Opens a store in another process.
	 */
	public interface Opener {

		/**
		 * Open the store.
		 * @param ownerName the owner's name
		 * @param arguments what {@link #start} was given
		 * @return the store
		 */
		KvStore open(String ownerName, String... arguments);

	}

}
