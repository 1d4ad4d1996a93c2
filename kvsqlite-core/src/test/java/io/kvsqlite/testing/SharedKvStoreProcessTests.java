package io.kvsqlite.testing;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of a store that processes share, tried with processes: two that want the
 * same actors, of which one is stopped past its lease and continued, or killed.
 */
public abstract class SharedKvStoreProcessTests {

	/**
	 * Start a process over this test's data, whose lease lasts two seconds.
	 * @param ownerName the owner's name
	 * @return the process
	 * @throws Exception if it cannot be started
	 */
	protected abstract OwnerProcess startProcess(String ownerName) throws Exception;

	/**
	 * Open a store over this test's data.
	 * @return the store; the test closes it
	 * @throws Exception if it cannot be opened
	 */
	protected abstract KvStore openStore() throws Exception;

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@Test
	void processThatIsStoppedPastItsLeaseAndContinuedShouldNotWriteWhereAnotherDid() throws Exception {
		try (OwnerProcess first = startProcess("first"); OwnerProcess second = startProcess("second")) {
			awaitAcknowledged(first, 20);
			awaitAcknowledged(second, 20);
			for (int round = 0; round < 2; round++) {
				stopWhileItHoldsAnActor(first);
				awaitEveryActor(second);
				long lost = first.count("lost");
				first.signal("CONT");
				Awaitility.await("the process that was stopped finds out")
					.atMost(PATIENCE)
					.until(() -> first.count("lost") > lost);
				awaitAcknowledged(first, 20);
				awaitAcknowledged(second, 20);
			}
			first.finish();
			second.finish();
			assertOneWriter(first, second);
		}
	}

	@Test
	void processThatIsKilledShouldLeaveItsActorsToTheOther() throws Exception {
		try (OwnerProcess first = startProcess("first"); OwnerProcess second = startProcess("second")) {
			awaitAcknowledged(first, 20);
			awaitAcknowledged(second, 20);
			first.signal("KILL");
			awaitEveryActor(second);
			second.finish();
			assertOneWriter(first, second);
		}
	}

	// On a busy machine its lease may have ended before, and the other taken all it had:
	// then there is nothing it could lose.
	private void stopWhileItHoldsAnActor(OwnerProcess process) throws Exception {
		try (KvStore observer = openStore()) {
			// to connect takes its time, and the stop is to be over soon
			observer.ping();
			for (int attempt = 0; attempt < 20; attempt++) {
				process.signal("STOP");
				if (holdsAnActor(observer, process)) {
					return;
				}
				process.signal("CONT");
				awaitAcknowledged(process, 1);
			}
		}
		throw new IllegalStateException("'%s' never holds an actor".formatted(process.name()));
	}

	private static boolean holdsAnActor(KvStore observer, OwnerProcess process) {
		for (int actor = 0; actor < OwnerProcess.ACTORS; actor++) {
			KvOwner owner = observer.owner(OwnerProcess.actor(actor));
			if (owner != null && String.valueOf(owner.holder()).contains(process.name())) {
				return true;
			}
		}
		return false;
	}

	private static void awaitAcknowledged(OwnerProcess process, int more) {
		long goal = process.count("ack") + more;
		Awaitility.await("commits of " + process.name())
			.atMost(PATIENCE)
			.until(() -> process.count("ack") >= goal || !process.isAlive());
		assertThat(process.isAlive()).as("%s runs", process.name()).isTrue();
	}

	// What another holds can only be had when its lease has ended.
	private static void awaitEveryActor(OwnerProcess process) {
		long[] goals = new long[OwnerProcess.ACTORS];
		for (int actor = 0; actor < goals.length; actor++) {
			goals[actor] = process.count("ack " + actor + " ") + 5;
		}
		for (int actor = 0; actor < goals.length; actor++) {
			String beginning = "ack " + actor + " ";
			long goal = goals[actor];
			Awaitility.await("commits of " + process.name() + " to every actor")
				.atMost(PATIENCE)
				.until(() -> process.count(beginning) >= goal);
		}
	}

	private void assertOneWriter(OwnerProcess... processes) throws Exception {
		try (KvStore store = openStore()) {
			for (int actor = 0; actor < OwnerProcess.ACTORS; actor++) {
				Map<Long, String> acknowledged = new HashMap<>();
				for (OwnerProcess process : processes) {
					for (long commit : commits(process, actor)) {
						assertThat(acknowledged.put(commit, process.name()))
							.as("another owner of commit %d of actor %d", commit, actor)
							.isNull();
					}
				}
				KvOpening opening = store.open(OwnerProcess.actor(actor), new byte[0][]);
				assertThat(opening.session().commit()).isGreaterThanOrEqualTo(acknowledged.size());
				acknowledged.forEach((commit,
						name) -> assertThat(opening.session().read(new byte[][] { OwnerProcess.signature(commit) })[0])
							.as("owner of commit %d", commit)
							.isEqualTo(name.getBytes(StandardCharsets.UTF_8)));
			}
		}
	}

	private static List<Long> commits(OwnerProcess process, int actor) {
		String beginning = "ack " + actor + " ";
		return process.lines()
			.stream()
			.filter((line) -> line.startsWith(beginning))
			.map((line) -> Long.valueOf(line.substring(beginning.length())))
			.toList();
	}

}
