package io.kvsqlite.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreUrl;
import io.kvsqlite.kv.KvStores;

/**
 * An application in a process of its own that has an actor open and commits to it all the
 * time: two tables whose one number is always the same. It ends when its standard input
 * does.
 */
final class BusyProcess implements AutoCloseable {

	private final Process process;

	private BusyProcess(Process process) {
		this.process = process;
	}

	/**
	 * Start one, and wait until it has committed.
	 */
	static BusyProcess start(String storeUrl, String actorId) throws IOException {
		Process process = new ProcessBuilder(List.of(ProcessHandle.current().info().command().orElse("java"),
				"-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
				BusyProcess.class.getName(), storeUrl, actorId))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		BufferedReader out = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
		for (String line = out.readLine(); line != null; line = out.readLine()) {
			if (line.equals("busy")) {
				return new BusyProcess(process);
			}
		}
		process.destroyForcibly();
		throw new IOException("The process ended before it had committed anything");
	}

	long pid() {
		return this.process.pid();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

	/**
	 * What runs in the process.
	 * @param arguments the store's URL, the actor
	 */
	public static void main(String[] arguments) throws Exception {
		try (KvStore store = KvStores.open(KvStoreUrl.parse(arguments[0]), true);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource(arguments[1]).getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE one (n, filler); CREATE TABLE two (n, filler);");
			statement.executeUpdate("INSERT INTO one VALUES (0, ''); INSERT INTO two VALUES (0, '');");
			connection.setAutoCommit(false);
			AtomicBoolean finish = new AtomicBoolean();
			Thread watch = new Thread(() -> {
				try {
					System.in.transferTo(OutputStream.nullOutputStream());
				}
				catch (IOException ex) {
					System.err.println("Standard input cannot be read: " + ex);
				}
				finish.set(true);
			});
			watch.setDaemon(true);
			watch.start();
			for (int i = 0; !finish.get(); i++) {
				statement.executeUpdate("UPDATE one SET n = n + 1, filler = zeroblob(abs(random()) % 100000)");
				statement.executeUpdate("UPDATE two SET n = n + 1, filler = zeroblob(abs(random()) % 100000)");
				connection.commit();
				if (i == 3) {
					System.out.println("busy");
				}
				// now and then it takes a breath, as any application does
				Thread.sleep((i % 10 == 9) ? 1000 : 20);
			}
		}
	}

}
