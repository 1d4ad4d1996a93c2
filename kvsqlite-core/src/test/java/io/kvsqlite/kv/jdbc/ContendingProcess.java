package io.kvsqlite.kv.jdbc;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

import com.zaxxer.hikari.HikariDataSource;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvWrite;

/**
 * A process that counts up in actors which others want as well. Says on its standard
 * output what was acknowledged, and ends when its standard input does.
 */
final class ContendingProcess {

	static final int ACTORS = 3;

	static final Duration LEASE_TIME = Duration.ofSeconds(1);

	private static final byte[] KEY = { 1 };

	private ContendingProcess() {
	}

	public static void main(String[] arguments) throws Exception {
		AtomicBoolean stop = new AtomicBoolean();
		Thread input = new Thread(() -> {
			try {
				System.in.readAllBytes();
			}
			catch (java.io.IOException ex) {
				// the end in any case
			}
			stop.set(true);
		});
		input.setDaemon(true);
		input.start();
		try (HikariDataSource pool = TestPools.pool(arguments[0], Integer.parseInt(arguments[1]), 4);
				PostgresKvStore store = PostgresKvStore.builder(pool)
					.ownerName(arguments[2])
					.leaseTime(LEASE_TIME)
					.build()) {
			Random random = new Random(arguments[2].hashCode());
			while (!stop.get()) {
				count(store, "actor-" + random.nextInt(ACTORS));
			}
		}
	}

	private static void count(PostgresKvStore store, String actorId) throws InterruptedException {
		KvOpening opening;
		try {
			opening = store.open(actorId, new byte[][] { KEY });
		}
		catch (KvActorOwnedException ex) {
			Thread.sleep(2);
			return;
		}
		try (var session = opening.session()) {
			byte[] found = opening.values()[0];
			for (int i = 0; i < 20; i++) {
				int next = (found != null) ? Integer.parseInt(new String(found, StandardCharsets.UTF_8)) + 1 : 1;
				session.write(new KvWrite().put(KEY, Integer.toString(next).getBytes(StandardCharsets.UTF_8)));
				System.out.println("ACK " + actorId + " " + next);
				found = session.read(new byte[][] { KEY })[0];
			}
		}
		catch (KvOwnershipLostException ex) {
			System.out.println("LOST " + actorId);
		}
	}

}
