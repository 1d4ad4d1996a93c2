package io.kvsqlite.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contract of a {@link KvStore} on a server that may travel back in time, because a
 * replica that was behind is promoted or a dump is restored: all of
 * {@link SharedKvStoreContractTests}, and what must hold when opens, commits and
 * deletions are gone that were acknowledged, and the numbers come again that belonged to
 * them.
 */
public abstract class RewoundKvStoreContractTests extends SharedKvStoreContractTests {

	/**
	 * As many actors as let a number that comes again meet another actor for certain.
	 */
	private static final int MANY = 60;

	/**
	 * Remember what the server holds.
	 * @return takes the server back to that, past what its clients know, which stay
	 * connected. Leases may come back or not
	 * @throws Exception if that fails
	 */
	protected abstract Rewinding rememberState() throws Exception;

	@ParameterizedTest
	@EnumSource
	void sessionWhoseOpenWasForgottenShouldServeNothing(Use use) throws Exception {
		KvSession before = open(this.store, "a");
		write(before, "k", "1");
		before.close();
		Rewinding rewinding = rememberState();
		KvSession session = open(this.store, "a");
		rewinding.goBack();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> use.of(session));
		assertOver(session);
		session.close();
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
	}

	/**
	 * The store itself has lost what it had acknowledged, and that is said.
	 */
	@ParameterizedTest
	@EnumSource
	void sessionWhoseOpenAndCommitsWereForgottenShouldSaySo(Use use) throws Exception {
		KvSession before = open(this.store, "a");
		write(before, "k", "1");
		before.close();
		Rewinding rewinding = rememberState();
		KvSession session = open(this.store, "a");
		write(session, "k", "2");
		rewinding.goBack();
		if (use == Use.DELETE) {
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> use.of(session));
		}
		else {
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> use.of(session))
				.withMessageContaining("'a'");
		}
		assertOver(session);
		session.close();
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
	}

	@ParameterizedTest
	@EnumSource(names = { "READ", "WRITE" })
	void sessionWhoseCommitsWereForgottenShouldSaySo(Use use) throws Exception {
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		Rewinding rewinding = rememberState();
		write(session, "k", "2");
		write(session, "l", "3");
		rewinding.goBack();
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> use.of(session))
			.withMessageContaining("'a'");
		assertOver(session);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
		KvSession next = open(this.store, "a");
		assertThat(next.commit()).isEqualTo(1);
		write(next, "k", "4");
		assertThat(contents("a")).isEqualTo(Map.of("k", "4"));
	}

	/**
	 * The next owner gets the same epoch, and makes as many commits.
	 */
	@ParameterizedTest
	@EnumSource
	void sessionWhoseOpenWasForgottenShouldNotBeTakenForThatOfTheNextOwner(Use use) throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession before = open(this.store, "a");
		write(before, "k", "1");
		before.close();
		Rewinding rewinding = rememberState();
		KvSession session = open(this.store, "a");
		write(session, "k", "first");
		rewinding.goBack();
		KvSession next = open(second, "a");
		write(next, "k", "second");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> use.of(session));
		assertOver(session);
		session.close();
		assertThat(read(next, "k")).isEqualTo("second");
		write(next, "l", "2");
		assertThat(contents("a")).isEqualTo(Map.of("k", "second", "l", "2"));
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(this.store, "a"));
	}

	/**
	 * The number is the one that the lost write was to make, and the writer is not.
	 */
	@Test
	void lastCommitOfAnotherOwnerUnderTheSameNumbersShouldNotBeOurs() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession before = open(this.store, "a");
		write(before, "k", "1");
		before.close();
		Rewinding rewinding = rememberState();
		KvSession session = open(this.store, "a");
		KvCommit ours = session.lastCommit().next(session.fence());
		rewinding.goBack();
		KvSession other = open(second, "a");
		write(other, "k", "second");
		other.close();
		KvSession again = open(this.store, "a");
		assertThat(again.lastCommit().number()).isEqualTo(ours.number());
		assertThat(again.lastCommit()).isEqualTo(other.lastCommit()).isNotEqualTo(ours);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void numbersThatComeAgainShouldNotMixActorsUp(boolean sameOwner) throws Exception {
		KvStore next = sameOwner ? this.store : closeAfterTest(openStore("second"));
		Rewinding rewinding = rememberState();
		List<KvSession> forgotten = openMany(this.store, "first");
		rewinding.goBack();
		List<KvSession> current = openMany(next, "second");
		Use[] uses = Use.values();
		for (int i = 0; i < MANY; i++) {
			KvSession session = forgotten.get(i);
			if (i % (uses.length + 1) < uses.length) {
				Use use = uses[i % (uses.length + 1)];
				assertThatExceptionOfType(KvDefiniteException.class).as("%s of '%s'", use, session.actorId())
					.isThrownBy(() -> use.of(session));
				assertOver(session);
			}
			session.close();
		}
		for (int i = 0; i < MANY; i++) {
			KvSession session = current.get(i);
			assertThat(read(session, "k")).isEqualTo(session.actorId());
			write(session, "l", "more");
			assertThat(contents(session.actorId())).isEqualTo(Map.of("k", session.actorId(), "l", "more"));
			assertThat(contents(forgotten.get(i).actorId())).isEmpty();
		}
	}

	/**
	 * What one owner gives back at its end is only what it has.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void closeOfAStoreWhoseOpensWereForgottenShouldReleaseNothing(boolean written) throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvStore third = closeAfterTest(openStore("third"));
		Rewinding rewinding = rememberState();
		for (int i = 0; i < MANY; i++) {
			open(this.store, "first-" + i);
		}
		rewinding.goBack();
		List<KvSession> current = new ArrayList<>();
		for (int i = 0; i < MANY; i++) {
			KvSession session = open(second, "first-" + (MANY - 1 - i));
			current.add(session);
			if (written) {
				write(session, "k", session.actorId());
			}
		}
		this.store.close();
		for (KvSession session : current) {
			assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(third, session.actorId()));
			write(session, "l", "still owned");
		}
	}

	@Test
	void deletionThatWasForgottenShouldLeaveTheSessionOver() throws Exception {
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		Rewinding rewinding = rememberState();
		session.delete();
		rewinding.goBack();
		assertEnded(session);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
		KvSession again = open(this.store, "a");
		assertThat(again.lastCommit()).isEqualTo(session.lastCommit());
		write(again, "k", "2");
	}

	@Test
	void actorMadeAnewAfterADeletionShouldHaveOtherCommitsUnderTheSameNumbers() throws Exception {
		List<KvCommit> commits = new ArrayList<>();
		Rewinding rewinding = rememberState();
		for (int i = 0; i < 4; i++) {
			KvSession session = open(this.store, "a");
			write(session, "k", Integer.toString(i));
			commits.add(session.lastCommit());
			if (i % 2 == 0) {
				session.delete();
			}
			else {
				rewinding.goBack();
			}
		}
		assertThat(commits).extracting(KvCommit::number).containsOnly(1L);
		assertThat(commits).doesNotHaveDuplicates();
	}

	@Test
	void releaseThatWasForgottenShouldLetTheSameOwnerInAgain() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		Rewinding rewinding = rememberState();
		session.close();
		rewinding.goBack();
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(second, "a"))
			.satisfies((ex) -> assertThat(ex.holder()).contains("first"));
		open(this.store, "a").close();
		assertThat(read(open(second, "a"), "k")).isEqualTo("1");
	}

	private static List<KvSession> openMany(KvStore store, String name) {
		TreeMap<Integer, KvSession> sessions = new TreeMap<>();
		for (int i = 0; i < MANY; i++) {
			KvSession session = open(store, "%s-%d".formatted(name, i));
			write(session, "k", session.actorId());
			sessions.put(i, session);
		}
		return List.copyOf(sessions.values());
	}

	private static void assertOver(KvSession session) {
		for (Use use : Use.values()) {
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> use.of(session));
		}
	}

	/**
	 * Takes a server back.
	 */
	@FunctionalInterface
	protected interface Rewinding {

		/**
		 * Take the server back. May be done again.
		 * @throws Exception if that fails
		 */
		void goBack() throws Exception;

	}

	/**
	 * What a session is used for.
	 */
	enum Use {

		READ {
			@Override
			void of(KvSession session) {
				session.read(keys("k"));
			}
		},

		WRITE {
			@Override
			void of(KvSession session) {
				session.write(new KvWrite().put(key("k"), key("lost")));
			}
		},

		WRITE_AND_DELETE_KEYS {
			@Override
			void of(KvSession session) {
				session.write(new KvWrite().put(key("l"), key("lost")).delete(key("k")));
			}
		},

		DELETE {
			@Override
			void of(KvSession session) {
				session.delete();
			}
		};

		abstract void of(KvSession session);

	}

}
