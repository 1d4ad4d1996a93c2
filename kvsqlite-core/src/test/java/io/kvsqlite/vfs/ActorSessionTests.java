package io.kvsqlite.vfs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ActorSession}.
 */
class ActorSessionTests {

	private static final byte[] KEY = { 1 };

	private static final byte[][] KEYS = { KEY };

	private final MemoryKvStore memory = new MemoryKvStore();

	private final ScriptedKvStore store = new ScriptedKvStore(this.memory);

	private final StoredActor stored = new StoredActor(this.memory.sibling("reader"), Opened.ACTOR);

	private final RecordingListener listener = new RecordingListener();

	private final ActorSession session = Opened.session(this.store, this.listener);

	@Test
	void writeShouldReachTheStore() {
		write(7);
		assertThat(this.session.read(KEYS)[0]).containsExactly(7);
		assertThat(this.session.commit()).isEqualTo(1);
		assertThat(this.listener.failures()).isEmpty();
		assertThat(this.session.failure()).isNull();
	}

	// Writes with an unknown outcome

	@Test
	void writeWhoseReplyWasLostShouldSucceedWhenItWasApplied() {
		long epoch = this.session.epoch();
		onWrites(ActorSessionTests::applyAndLoseTheReply);
		write(7);
		assertThat(this.listener.events()).containsExactly("resolved as applied " + Opened.ACTOR);
		assertThat(this.session.failure()).isNull();
		assertThat(this.session.commit()).isEqualTo(1);
		assertThat(this.session.epoch()).isGreaterThan(epoch);
		assertThat(this.session.reopened()).isEqualTo(1);
		assertThat(this.session.read(KEYS)[0]).containsExactly(7);
		write(8);
		assertThat(this.session.commit()).isEqualTo(2);
	}

	@Test
	void writeWhoseReplyWasLostShouldBeWrittenAgainWhenItWasNotApplied() {
		onWrites(ActorSessionTests::loseTheRequest);
		write(7);
		assertThat(this.listener.events()).containsExactly("resolved as not applied " + Opened.ACTOR);
		assertThat(this.session.failure()).isNull();
		assertThat(this.session.commit()).isEqualTo(1);
		assertThat(this.session.read(KEYS)[0]).containsExactly(7);
	}

	@Test
	void writeThatIsLostAgainAndAgainShouldSucceedInTheEnd() {
		onWrites(ActorSessionTests::loseTheRequest, ActorSessionTests::loseTheRequest,
				ActorSessionTests::applyAndLoseTheReply);
		write(7);
		assertThat(this.listener.events()).containsExactly("resolved as not applied " + Opened.ACTOR,
				"resolved as not applied " + Opened.ACTOR, "resolved as applied " + Opened.ACTOR);
		assertThat(this.session.commit()).isEqualTo(1);
	}

	@Test
	void writeThatIsAlwaysLostShouldPoison() {
		Consumer<Runnable> lose = ActorSessionTests::loseTheRequest;
		onWrites(lose, lose, lose, lose);
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withMessageContaining("may or may not have been applied");
		assertPoisoned();
		assertThat(this.stored.get(KEY)).isNull();
	}

	@Test
	void writeWhoseOutcomeCannotBeAskedForShouldPoison() {
		KvUnavailableException unavailable = new KvUnavailableException("no route to host");
		onWritesAndOpens(List.of(ActorSessionTests::applyAndLoseTheReply), (next) -> {
			throw unavailable;
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withMessageContaining("no route to host")
			.satisfies((ex) -> assertThat(ex.getCause()).hasCause(unavailable)
				.satisfies((unknown) -> assertThat(unknown.getSuppressed()).hasSize(1)
					.hasOnlyElementsOfType(KvIndeterminateException.class)));
		assertPoisoned();
	}

	@Test
	void writeWhoseOutcomeIsAskedForAfterAnotherOwnerShouldPoison() {
		onWritesAndOpens(List.of(ActorSessionTests::loseTheRequest), (next) -> {
			// someone else had the actor, and wrote a commit of the same number
			try (KvSession other = this.memory.open(Opened.ACTOR, new byte[0][]).session()) {
				other.write(new KvWrite().put(KEY, new byte[] { 99 }));
			}
			return next.get();
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class);
		assertPoisoned();
		assertThat(this.stored.get(KEY)).containsExactly(99);
	}

	@Test
	void writeWhoseCommitNumberJumpedShouldPoison() {
		onWritesAndOpens(List.of(ActorSessionTests::applyAndLoseTheReply), (next) -> {
			KvOpening opening = next.get();
			return new KvOpening(
					new JumpedSession(opening.session(), new KvCommit(5, opening.session().lastCommit().writer())),
					opening.values());
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withMessageContaining("after commit 0 the store has commit 5 of opening");
		assertPoisoned();
	}

	@Test
	void writeWhoseCommitNumberWentBackShouldPoison() {
		write(1);
		KvCommit first = this.session.lastCommit();
		write(2);
		onWritesAndOpens(List.of(ActorSessionTests::applyAndLoseTheReply), (next) -> {
			KvOpening opening = next.get();
			return new KvOpening(new JumpedSession(opening.session(), first), opening.values());
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withMessageContaining("the store has commit " + first);
		assertPoisoned();
	}

	@Test
	void writeThatCannotArriveLateShouldBeRefusedByTheEpoch() {
		Deque<Runnable> late = new ArrayDeque<>();
		onWrites((next) -> {
			late.add(next);
			throw new KvIndeterminateException("timed out");
		});
		write(7);
		write(8);
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(late.remove()::run);
		assertThat(this.stored.get(KEY)).containsExactly(8);
		assertThat(this.session.commit()).isEqualTo(2);
	}

	@Test
	void writeThatIsLostAndThenRefusedShouldStayUnknown() {
		onWrites(ActorSessionTests::loseTheRequest, (next) -> {
			throw new KvOwnershipLostException(Opened.ACTOR, 7);
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withRootCauseInstanceOf(KvOwnershipLostException.class);
		assertPoisoned();
	}

	@Test
	void writeThatIsLostWhileTheActorIsClosedByForceShouldBeUnknownAndTakeNothing() {
		List<KvSession> taken = new ArrayList<>();
		onWritesAndOpens(List.of((next) -> {
			next.run();
			this.session.fail("it was closed by force", null);
			this.session.close();
			taken.add(this.memory.sibling("other").open(Opened.ACTOR, new byte[0][]).session());
			throw new KvIndeterminateException("the reply was lost");
		}), (next) -> {
			throw new AssertionError("nobody opens it again");
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class);
		assertPoisoned();
		taken.get(0).write(new KvWrite().put(KEY, new byte[] { 8 }));
	}

	@Test
	void writeThatIsAppliedWhileTheActorIsClosedByForceShouldSucceed() {
		onWrites((next) -> {
			next.run();
			this.session.fail("it was closed by force", null);
			this.session.close();
		});
		write(7);
		assertThat(this.stored.get(KEY)).containsExactly(7);
	}

	@Test
	void writeThatIsAppliedWhenTheListenerFailsShouldSucceed() {
		this.listener.failWith(new IllegalStateException("a metric of that name exists"));
		onWrites(ActorSessionTests::applyAndLoseTheReply);
		write(7);
		write(8);
		assertThat(this.session.failure()).isNull();
		assertThat(this.session.commit()).isEqualTo(2);
	}

	@Test
	void interruptShouldNotDisturbTheAnswerAndNotBeLost() {
		onWritesAndOpens(List.of((next) -> {
			Thread.currentThread().interrupt();
			loseTheRequest(next);
		}), (next) -> {
			assertThat(Thread.currentThread().isInterrupted()).isFalse();
			return next.get();
		});
		write(7);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.session.commit()).isEqualTo(1);
	}

	@Test
	void interruptShouldNotBeLostWhenTheActorIsPoisoned() {
		onWritesAndOpens(List.of((next) -> {
			Thread.currentThread().interrupt();
			loseTheRequest(next);
		}), (next) -> {
			throw new KvUnavailableException("no route to host");
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7));
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void writeWhenTheStoreBreaksItsContractShouldBeResolved() {
		onWrites((next) -> {
			next.run();
			throw new IllegalStateException("a bug of the store");
		});
		write(7);
		assertThat(this.listener.events()).containsExactly("resolved as applied " + Opened.ACTOR);
		assertThat(this.listener.failures()).hasSize(1).first().isInstanceOf(KvIndeterminateException.class);
	}

	// Failures

	@Test
	void writeThatFailsShouldPoison() {
		KvStoreFullException full = new KvStoreFullException("quota");
		onWrites((next) -> {
			throw full;
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCause(full)
			.withMessage("Actor '%s' cannot be used any more, a write failed: quota", Opened.ACTOR);
		assertThat(this.listener.failures()).containsExactly(full);
		assertPoisoned();
	}

	@Test
	void writeThatRunsIntoAnErrorShouldPoison() {
		OutOfMemoryError error = new OutOfMemoryError("no heap");
		onWrites((next) -> {
			throw error;
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvIndeterminateException.class)
			.withRootCauseInstanceOf(OutOfMemoryError.class);
		assertPoisoned();
	}

	@Test
	void writeWhenTheOwnershipWasLostShouldPoison() {
		this.memory.expireLease();
		this.memory.sibling("other").open(Opened.ACTOR, new byte[0][]);
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withCauseInstanceOf(KvOwnershipLostException.class);
		assertPoisoned();
	}

	@Test
	void readThatFailsShouldLeaveTheActorUsable() {
		write(7);
		KvUnavailableException unavailable = new KvUnavailableException("no route to host");
		onReads((next) -> {
			throw unavailable;
		});
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> this.session.read(KEYS))
			.isSameAs(unavailable);
		assertThat(this.listener.failures()).containsExactly(unavailable);
		assertThat(this.session.failure()).isNull();
		assertThat(this.session.read(KEYS)[0]).containsExactly(7);
	}

	@Test
	void readWhenTheOwnershipWasLostShouldPoison() {
		this.memory.expireLease();
		this.memory.sibling("other").open(Opened.ACTOR, new byte[0][]);
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> this.session.read(KEYS))
			.withCauseInstanceOf(KvOwnershipLostException.class);
		assertPoisoned();
	}

	@Test
	void readWhenTheStoreWasClosedShouldPoison() {
		this.store.close();
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> this.session.read(KEYS))
			.withCauseInstanceOf(KvClosedException.class);
		assertPoisoned();
	}

	@Test
	void readWhenTheStoreFindsItsDataDamagedShouldPoison() {
		KvCorruptionException corruption = new KvCorruptionException("the last commit is not there any more");
		onReads((next) -> {
			throw corruption;
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> this.session.read(KEYS))
			.withCause(corruption);
		assertPoisoned();
	}

	@Test
	void readThatRunsIntoAnErrorShouldPoison() {
		StackOverflowError error = new StackOverflowError();
		onReads((next) -> {
			throw error;
		});
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> this.session.read(KEYS))
			.withCause(error);
		assertPoisoned();
	}

	@Test
	void failShouldKeepTheFirstReason() {
		KvDefiniteException first = new KvDefiniteException("first");
		ActorFailedException failure = this.session.fail("it was tried", first);
		assertThat(this.session.fail("it was tried again", new KvDefiniteException("second"))).isSameAs(failure);
		assertThat(this.session.failure()).isSameAs(failure).hasCause(first);
		assertThat(this.listener.events()).containsExactly("poisoned " + Opened.ACTOR);
	}

	@Test
	void failWithoutACauseShouldNotBeReported() {
		this.session.fail("it was closed by force", null);
		assertThat(this.listener.events()).isEmpty();
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(7))
			.withMessage("Actor '%s' cannot be used any more, it was closed by force", Opened.ACTOR);
	}

	@Test
	void closeShouldGiveTheActorUp() {
		this.session.close();
		this.session.close();
		KvOpening opening = this.memory.sibling("other").open(Opened.ACTOR, new byte[0][]);
		assertThat(opening.session().epoch()).isGreaterThan(this.session.epoch());
	}

	private void assertPoisoned() {
		assertThat(this.listener.events()).endsWith("poisoned " + Opened.ACTOR);
		ActorFailedException failure = this.session.failure();
		assertThat(failure).isNotNull().hasMessageStartingWith("Actor '" + Opened.ACTOR + "' cannot be used any more");
		this.store.forward();
		int calls = this.listener.failures().size();
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> this.session.read(KEYS))
			.isSameAs(failure);
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> write(9)).isSameAs(failure);
		assertThat(this.listener.failures()).hasSize(calls);
	}

	private void write(int value) {
		this.session.write(new KvWrite().put(KEY, new byte[] { (byte) value }));
	}

	private static void applyAndLoseTheReply(Runnable next) {
		next.run();
		throw new KvIndeterminateException("the reply was lost");
	}

	private static void loseTheRequest(Runnable next) {
		throw new KvIndeterminateException("the request was lost");
	}

	@SafeVarargs
	@SuppressWarnings("varargs")
	private void onWrites(Consumer<Runnable>... actions) {
		onWritesAndOpens(List.of(actions), Supplier::get);
	}

	/**
	 * Let the next writes do something else; those behind them work.
	 */
	private void onWritesAndOpens(List<Consumer<Runnable>> actions, OnOpen onOpen) {
		Deque<Consumer<Runnable>> left = new ArrayDeque<>(actions);
		this.store.follow(new Script() {

			@Override
			public KvOpening open(Supplier<KvOpening> next) {
				return onOpen.open(next);
			}

			@Override
			public void write(KvWrite write, Runnable next) {
				Consumer<Runnable> action = left.poll();
				if (action != null) {
					action.accept(next);
				}
				else {
					next.run();
				}
			}

		});
	}

	private void onReads(Consumer<Supplier<byte[] @Nullable []>> action) {
		this.store.follow(new Script() {

			private boolean done;

			@Override
			public byte[] @Nullable [] read(byte[][] keys, Supplier<byte[] @Nullable []> next) {
				if (!this.done) {
					this.done = true;
					action.accept(next);
				}
				return next.get();
			}

		});
	}

	private interface OnOpen {

		KvOpening open(Supplier<KvOpening> next);

	}

	/**
	 * A session that was opened on a commit which cannot be.
	 *
	 * @param delegate the session that does the work
	 * @param lastCommit the commit
	 */
	private record JumpedSession(KvSession delegate, KvCommit lastCommit) implements KvSession {

		@Override
		public KvFence fence() {
			return this.delegate.fence();
		}

		@Override
		public String actorId() {
			return this.delegate.actorId();
		}

		@Override
		public long epoch() {
			return this.delegate.epoch();
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			return this.delegate.read(keys);
		}

		@Override
		public void write(KvWrite write) {
			this.delegate.write(write);
		}

		@Override
		public void delete() {
			this.delegate.delete();
		}

		@Override
		public void close() {
			this.delegate.close();
		}

	}

}
