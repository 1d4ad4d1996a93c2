package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.FaultKind.Effect;
import io.kvsqlite.testing.FaultyKvStore;
import io.kvsqlite.testing.InjectedError;
import io.kvsqlite.testing.LimitedKvStore;
import io.kvsqlite.testing.StoreOperation;
import io.kvsqlite.vfs.CorruptedActorException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One run of a workload with at most one fault, and everything that must hold during it
 * and after it.
 *
 * <p>
 * The run behaves as an application does. A step that fails on a connection that is still
 * usable is rolled back and tried again, twice. A connection that is not usable any more
 * is closed. Then the fault is over, and the actor is opened again, without any help: its
 * content must be that of the last step that was acknowledged or, after a fault that
 * leaves the outcome open, of the step that was under way. From there the rest of the
 * workload must run. What other runs have found out about the state that this one leaves
 * is not tried again: see {@link KnownStates}.
 */
final class FaultRun {

	private static final int ATTEMPTS = 3;

	private static final long SEED = 42;

	private static final Duration SLOW = Duration.ofNanos(50_000);

	private static final Duration HANG = Duration.ofSeconds(60);

	private final Workload workload;

	private final @Nullable Fault fault;

	private final FaultyKvStore store;

	private final MemoryKvStore memory = new MemoryKvStore();

	private final OpenActor actor;

	private final KnownStates known;

	private int acknowledged;

	private boolean unsure;

	private int end;

	private List<StoreOperation> operations = List.of();

	/**
	 * Create a run.
	 * @param fault what goes wrong, or {@code null}
	 * @param beneath puts something between the faults and the store in memory
	 */
	FaultRun(Workload workload, Setting setting, @Nullable Fault fault, UnaryOperator<KvStore> beneath) {
		this(workload, setting, fault, beneath, new KnownStates());
	}

	/**
	 * Create a run.
	 * @param fault what goes wrong, or {@code null}
	 * @param beneath puts something between the faults and the store in memory
	 * @param known what earlier runs of this workload, under this setting and over such a
	 * store, have found out
	 */
	FaultRun(Workload workload, Setting setting, @Nullable Fault fault, UnaryOperator<KvStore> beneath,
			KnownStates known) {
		this.workload = workload;
		this.fault = fault;
		this.known = known;
		this.store = new FaultyKvStore(beneath.apply(new LimitedKvStore(this.memory, setting.limits())), SEED);
		this.store.slowness(SLOW);
		this.actor = new OpenActor(this.store, setting);
		this.end = workload.steps().size();
	}

	/**
	 * Begin with what a crash left.
	 * @param stored what is stored
	 * @param steps how many steps that amounts to
	 */
	FaultRun startingFrom(KvWrite stored, int steps) {
		Namespace.restore(stored, this.memory);
		this.acknowledged = steps;
		return this;
	}

	/**
	 * Go no further than a number of steps.
	 */
	FaultRun until(int steps) {
		this.end = Math.min(steps, this.end);
		return this;
	}

	/**
	 * Run, and check everything.
	 * @return how often the fault hit
	 */
	int run() throws SQLException, MalformedMetadataException {
		long start = System.nanoTime();
		try {
			Namespace.addNeighbours(this.memory);
			if (this.fault != null) {
				this.store.inject(this.fault);
			}
			work();
			this.operations = this.store.log();
			int fired = this.store.fired();
			endQuietly();
			this.store.heal();
			arrive();
			if (effect() != Effect.WRONG_REPLY) {
				conclude();
			}
			Namespace.requireNeighboursUntouched(this.memory);
			assertThat(this.store.lateApplied()).as("writes applied under an epoch that is over").isZero();
			assertThat(this.store.servedWithoutOwnership()).as("operations done after the ownership was lost").isZero();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).as("how long it took").isLessThan(HANG);
			return fired;
		}
		finally {
			Thread.interrupted();
			this.memory.close();
		}
	}

	/**
	 * Return the log of the workload, without what the checks did.
	 */
	List<StoreOperation> log() {
		return this.operations;
	}

	private void work() throws SQLException, MalformedMetadataException {
		int attempts = 0;
		while (this.acknowledged < this.end && attempts < ATTEMPTS) {
			Throwable failure = null;
			try {
				this.actor.run(this.workload.steps().get(this.acknowledged));
			}
			catch (SQLException | KvException | IllegalStateException | InjectedError ex) {
				failure = ex;
			}
			if (failure == null) {
				this.acknowledged++;
				attempts = 0;
			}
			else {
				attempts++;
				requireReason(failure);
				if (this.actor.isOpen() && !this.actor.isUsable()) {
					this.unsure = true;
					this.actor.requireRefusal();
					return;
				}
				this.actor.rollBack();
			}
			Thread.interrupted();
		}
	}

	/**
	 * Check that the caller learns what is behind a failure.
	 */
	private void requireReason(Throwable failure) {
		Effect effect = effect();
		if (effect == Effect.WRONG_REPLY) {
			return;
		}
		assertThat(this.store.fired()).as("a failure without a fault: " + failure).isPositive();
		if (effect == Effect.DAMAGED_REPLY) {
			assertThat(failure).as("what the caller sees of damage").satisfies((ex) -> {
				Throwable root = ex;
				while (root.getCause() != null) {
					root = root.getCause();
				}
				assertThat(hasCause(ex, CorruptedActorException.class) || ex.getMessage().contains("damaged"))
					.as("CorruptedActorException behind " + ex)
					.isTrue();
			});
		}
		else {
			assertThat(this.store.isBehind(failure))
				.as("the store's own exception %s behind %s", this.store.thrown(), failure)
				.isTrue();
		}
	}

	private static boolean hasCause(Throwable ex, Class<?> type) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return true;
			}
		}
		return false;
	}

	private Effect effect() {
		return (this.fault != null) ? this.fault.kind().effect() : Effect.NONE;
	}

	private void endQuietly() {
		try {
			this.actor.close();
		}
		catch (SQLException ex) {
			assertThat(this.store.fired()).as("a close that fails without a fault").isPositive();
		}
		finally {
			Thread.interrupted();
		}
	}

	/**
	 * Let what is still under way arrive at an opening, which is all that an opening
	 * after this one could have to do with the fault.
	 */
	private void arrive() {
		if (this.store.underWay() > 0) {
			this.store.open(Namespace.ACTOR, new byte[0][]).session().close();
		}
	}

	/**
	 * Open what is left, and run the rest of the workload, unless another run has done it
	 * with the same.
	 */
	private void conclude() throws SQLException, MalformedMetadataException {
		KnownStates.Opened known = this.known.opened(Fingerprint.of(this.memory));
		if (known != null) {
			settle(known.content());
			if (this.known.isFinished(restAfter(known))) {
				return;
			}
		}
		KnownStates.Opened opened = open(this.memory, this.actor);
		if (known == null) {
			settle(opened.content());
		}
		KnownStates.Rest rest = restAfter(opened);
		if (!this.known.isFinished(rest)) {
			finish();
			this.known.addFinished(rest);
		}
	}

	private KnownStates.Rest restAfter(KnownStates.Opened opened) {
		return new KnownStates.Rest(opened.after(), this.acknowledged, this.end);
	}

	/**
	 * Open what is left, twice, and check everything but whether it is what this run has
	 * to find.
	 * @param stored the store in memory
	 * @param actor opens the actor, in this store or in one above it
	 */
	private KnownStates.Opened open(MemoryKvStore stored, OpenActor actor)
			throws SQLException, MalformedMetadataException {
		Fingerprint left = Fingerprint.of(stored);
		long content = check(actor);
		actor.close();
		assertThat(check(actor)).as("the content after opening a second time").isEqualTo(content);
		actor.close();
		Namespace.requireAtRest(stored, false);
		KnownStates.Opened opened = new KnownStates.Opened(content, Fingerprint.of(stored));
		this.known.addOpened(left, opened);
		return opened;
	}

	/**
	 * Check that a content is the one to be found, and note the steps that it amounts to.
	 */
	private void settle(long content) {
		long expected = this.workload.state(this.acknowledged);
		if (content != expected && mayHaveHappened() && content == this.workload.state(this.acknowledged + 1)) {
			this.acknowledged++;
			expected = content;
		}
		assertThat(content)
			.as("the content after %d acknowledged steps (it is that of %s)", this.acknowledged, named(content))
			.isEqualTo(expected);
	}

	/**
	 * Return whether the step that failed may have been done all the same. Deleting an
	 * actor and making it anew are two things, of which the first may have been.
	 */
	private boolean mayHaveHappened() {
		return this.acknowledged < this.workload.steps().size() && (this.unsure && effect() == Effect.INDETERMINATE
				|| this.workload.steps().get(this.acknowledged) instanceof Step.Delete);
	}

	private String named(long content) {
		for (int i = 0; i <= this.workload.steps().size(); i++) {
			if (this.workload.state(i) == content) {
				return i + " steps";
			}
		}
		return "no step";
	}

	private long check() throws SQLException {
		return check(this.actor);
	}

	private static long check(OpenActor actor) throws SQLException {
		Connection connection = actor.connection();
		Content.check(connection);
		return Content.of(connection);
	}

	/**
	 * Run what is left, so that nothing that went wrong lies dormant.
	 */
	private void finish() throws SQLException, MalformedMetadataException {
		while (this.acknowledged < this.end) {
			this.actor.run(this.workload.steps().get(this.acknowledged++));
		}
		assertThat(check()).as("the content at the end").isEqualTo(this.workload.state(this.acknowledged));
		this.actor.run(Step.sql("PRAGMA application_id=7"));
		this.actor.close();
		Namespace.requireAtRest(this.memory, true);
	}

	/**
	 * Return how many operations of a run without a fault could have one.
	 */
	static int countOperations(List<StoreOperation> log, FaultKind kind) {
		return (int) log.stream().filter((operation) -> kind.appliesTo(operation.kind())).count();
	}

	/**
	 * Return which kinds of fault are tried.
	 */
	static List<FaultKind> kinds() {
		return List.of(FaultKind.values()).stream().filter((kind) -> kind.effect() != Effect.BROKEN_STORE).toList();
	}

}
