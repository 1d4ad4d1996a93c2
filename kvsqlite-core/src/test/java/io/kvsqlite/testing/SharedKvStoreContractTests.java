package io.kvsqlite.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contract of a {@link KvStore} whose data several owners share, such as the
 * processes of a cluster: all of {@link KvStoreContractTests}, and who may take an actor
 * from whom.
 */
public abstract class SharedKvStoreContractTests extends KvStoreContractTests {

	/**
	 * Open a store over this test's data as one of several owners.
	 * @param ownerName a name that the names of holders must contain
	 * @return a new owner; the test closes it
	 * @throws Exception if it cannot be opened
	 */
	protected abstract KvStore openStore(String ownerName) throws Exception;

	/**
	 * Let an owner's lease end without closing it, as when its process is stopped: return
	 * when others see that it ended. It must not be renewed afterwards.
	 * @param store a store that {@link #openStore(String)} returned
	 * @throws Exception if that fails
	 */
	protected abstract void endLease(KvStore store) throws Exception;

	@Override
	protected final KvStore openStore() throws Exception {
		return openStore("first");
	}

	@Test
	void openWhenAnotherLiveOwnerHoldsTheActorShouldNameIt() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(second, "a"))
			.satisfies((ex) -> assertThat(ex.actorId()).isEqualTo("a"))
			.satisfies((ex) -> assertThat(ex.holder()).contains("first"))
			.withMessageContaining("a")
			.withMessageContaining("first");
		assertThat(read(session, "k")).isEqualTo("1");
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
	}

	@Test
	void openWhenAnotherLiveOwnerHoldsAnActorWithoutDataShouldBeRefused() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(second, "a"));
		write(session, "k", "1");
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@Test
	void openWhenTheSessionWasClosedShouldLetAnotherOwnerIn() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession first = open(this.store, "a");
		write(first, "k", "1");
		first.close();
		KvSession session = open(second, "a");
		assertThat(session.epoch()).isGreaterThan(first.epoch());
		assertThat(session.commit()).isEqualTo(1);
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@Test
	void openWhenTheStoreWasClosedShouldLetAnotherOwnerIn() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		write(open(this.store, "a"), "k", "1");
		open(this.store, "b");
		this.store.close();
		assertThat(read(open(second, "a"), "k")).isEqualTo("1");
		assertThat(open(second, "b").commit()).isZero();
	}

	@Test
	void openWhenTheHolderDiedShouldTakeItsActorOver() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession dead = open(this.store, "a");
		write(dead, "k", "1");
		endLease(this.store);
		KvSession session = open(second, "a");
		assertThat(session.epoch()).isGreaterThan(dead.epoch());
		assertThat(session.commit()).isEqualTo(1);
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@Test
	void readAndWriteWhenTheActorWasTakenOverShouldBeRefused() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession paused = open(this.store, "a");
		write(paused, "k", "1");
		endLease(this.store);
		KvSession session = open(second, "a");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(paused, "k"))
			.satisfies((ex) -> assertThat(ex.epoch()).isEqualTo(paused.epoch()));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(paused, "k", "paused"));
		assertThat(read(session, "k")).isEqualTo("1");
		write(session, "k", "2");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(paused, "k", "paused"));
		assertThat(read(session, "k")).isEqualTo("2");
		assertThat(session.commit()).isEqualTo(2);
	}

	@Test
	void closeWhenTheActorWasTakenOverShouldNotReleaseIt() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvStore third = closeAfterTest(openStore("third"));
		KvSession paused = open(this.store, "a");
		write(paused, "k", "1");
		endLease(this.store);
		KvSession session = open(second, "a");
		paused.close();
		this.store.close();
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(third, "a"))
			.satisfies((ex) -> assertThat(ex.holder()).contains("second"));
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
	}

	@Test
	void ownerShouldTellOtherOwnersWhoHoldsTheActor() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		KvOwner held = second.owner("a");
		assertThat(held).isNotNull();
		assertThat(held.holder()).contains("first");
		assertThat(held.live()).isTrue();
		assertThat(held.epoch()).isEqualTo(session.epoch());
		assertThat(held.commit()).isEqualTo(1);
		endLease(this.store);
		KvOwner dead = second.owner("a");
		assertThat(dead).isNotNull();
		assertThat(dead.holder()).contains("first");
		assertThat(dead.live()).isFalse();
	}

	@Test
	void deleteWhenAnotherLiveOwnerHoldsTheActorShouldBeRefusedUnlessForced() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> second.delete("a", false))
			.satisfies((ex) -> assertThat(ex.holder()).contains("first"));
		assertThat(read(session, "k")).isEqualTo("1");
		assertThat(second.delete("a", true)).isTrue();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "2"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
		assertThat(this.store.owner("a")).isNull();
		assertThat(contents("a")).isEmpty();
	}

	@Test
	void deleteWhenTheHolderDiedShouldNeedNoForce() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession dead = open(this.store, "a");
		write(dead, "k", "1");
		endLease(this.store);
		assertThat(second.delete("a", false)).isTrue();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(dead, "k", "2"));
		assertThat(second.owner("a")).isNull();
	}

	@Test
	void deleteByTheOwnerWhenTheActorWasTakenOverShouldDeleteNothing() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession paused = open(this.store, "a");
		write(paused, "k", "1");
		endLease(this.store);
		KvSession session = open(second, "a");
		write(session, "l", "2");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(paused::delete)
			.satisfies((ex) -> assertThat(ex.epoch()).isEqualTo(paused.epoch()));
		write(session, "m", "3");
		session.close();
		assertEnded(paused);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1", "l", "2", "m", "3"));
		assertThat(second.owner("a")).extracting(KvOwner::commit).isEqualTo(3L);
	}

	@Test
	void deleteByTheOwnerWhoseLeaseEndedShouldDeleteWhatNoOneTook() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession paused = open(this.store, "a");
		write(paused, "k", "1");
		endLease(this.store);
		paused.delete();
		assertThat(second.owner("a")).isNull();
		assertThat(contents("a")).isEmpty();
	}

	@Test
	void deleteByTheOwnerShouldLetAnotherOwnerInAtOnce() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		for (int i = 0; i < 6; i++) {
			KvSession first = open(this.store, "a");
			if (i % 2 == 0) {
				write(first, "k", "1");
			}
			first.delete();
			KvSession session = open(second, "a");
			assertThat(session.epoch()).isGreaterThan(first.epoch());
			assertThat(session.commit()).isZero();
			assertThat(read(session, "k")).isNull();
			write(session, "k", "2");
			assertEnded(first);
			first.close();
			assertThat(session.commit()).isEqualTo(1);
			assertThat(read(session, "k")).isEqualTo("2");
			session.delete();
		}
	}

	@Test
	void deleteByTheOwnerWhileAnotherTakesTheActorOverShouldSucceedOrLeaveItWhole() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		open(this.store, "another");
		endLease(this.store);
		for (int round = 0; round < 40; round++) {
			KvSession paused = open(this.store, "a");
			write(paused, "k", "1");
			assertOneWins(paused, second);
		}
	}

	@Test
	void openShouldHandAnActorToAndFro() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		List<Long> epochs = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			KvSession session = open((i % 2 == 0) ? this.store : second, "a");
			epochs.add(session.epoch());
			assertThat(session.commit()).isEqualTo(i);
			assertThat(read(session, "k")).isEqualTo((i == 0) ? null : Integer.toString(i - 1));
			write(session, "k", Integer.toString(i));
			session.close();
		}
		assertThat(epochs).isSorted().doesNotHaveDuplicates();
	}

	@Test
	void ownersWhoRaceForActorsShouldLoseNoUpdate() throws Exception {
		List<KvStore> owners = List.of(this.store, closeAfterTest(openStore("second")),
				closeAfterTest(openStore("third")));
		int actors = 4;
		AtomicIntegerArray acknowledged = new AtomicIntegerArray(actors);
		inThreads(owners.size(), (thread) -> {
			for (int i = 0; i < 60; i++) {
				int actor = (i + thread) % actors;
				try (KvSession session = owners.get(thread).open("actor-" + actor, keys("n")).session()) {
					String found = read(session, "n");
					int next = (found != null) ? Integer.parseInt(found) + 1 : 1;
					session.write(new KvWrite().put(key("n"), key(Integer.toString(next))));
					acknowledged.incrementAndGet(actor);
				}
				catch (KvActorOwnedException ex) {
					assertThat(ex.holder()).containsAnyOf("first", "second", "third");
				}
			}
		});
		for (int actor = 0; actor < actors; actor++) {
			assertThat(acknowledged.get(actor)).isPositive();
			KvSession session = open(this.store, "actor-" + actor);
			assertThat(session.commit()).isEqualTo(acknowledged.get(actor));
			assertThat(read(session, "n")).isEqualTo(Integer.toString(acknowledged.get(actor)));
		}
	}

}
