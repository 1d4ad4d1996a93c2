package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvDefiniteException;
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
import io.kvsqlite.testing.StoreOperation.Kind;
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
 *
 * <p>
 * A reply of the right form with wrong bytes is another matter: nothing in the stored
 * format tells, so it may be served, and what is made of it stored. See
 * {@link WrongReply}.
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

	private final Setting setting;

	private final UnaryOperator<KvStore> beneath;

	private final KnownStates known;

	private @Nullable WrongReply wrongReply;

	private @Nullable Throwable refusal;

	private int acknowledged;

	private boolean unsure;

	private int end;

	private List<StoreOperation> operations = List.of();

	private int fired;

	private @Nullable Kind hit;

	private boolean hitTheLast;

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
		this.setting = setting;
		this.fault = fault;
		this.beneath = beneath;
		this.known = known;
		this.store = new FaultyKvStore(beneath.apply(new LimitedKvStore(this.memory, setting.limits())), SEED);
		this.store.slowness(SLOW);
		this.actor = new OpenActor(this.store, setting);
		this.end = workload.steps().size();
	}

	/**
	 * Begin with what a crash left.
	 * @param stored what is stored
	 * @param history the writes that have led to it
	 * @param steps how many steps that amounts to
	 */
	FaultRun startingFrom(KvWrite stored, List<KvWrite> history, int steps) {
		Namespace.restore(stored, this.memory);
		if (this.fault != null && this.fault.kind() == FaultKind.STALE) {
			history.forEach((write) -> this.store.remember(Namespace.ACTOR, write));
		}
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
			this.fired = this.store.fired();
			endQuietly();
			noteHit(this.store.log());
			this.store.heal();
			arrive();
			if (effect() == Effect.WRONG_REPLY) {
				requireCivility();
			}
			else {
				conclude();
			}
			Namespace.requireNeighboursUntouched(this.memory);
			assertThat(this.store.lateApplied()).as("writes applied under an epoch that is over").isZero();
			assertThat(this.store.servedWithoutOwnership()).as("operations done after the ownership was lost").isZero();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).as("how long it took").isLessThan(HANG);
			return this.fired;
		}
		finally {
			Thread.interrupted();
			this.memory.close();
		}
	}

	private void noteHit(List<StoreOperation> log) {
		for (StoreOperation operation : log) {
			if (operation.fault() != null && this.hit == null && this.fired > 0) {
				this.hit = operation.kind();
				this.hitTheLast = true;
			}
			else if (this.fault != null && this.fault.kind().appliesTo(operation.kind())) {
				this.hitTheLast = false;
			}
		}
	}

	/**
	 * Return how often the fault hit.
	 */
	int fired() {
		return this.fired;
	}

	/**
	 * Return which kind of operation the fault hit first.
	 * @return the kind of operation, or {@code null} if it hit none
	 */
	@Nullable Kind hit() {
		return this.hit;
	}

	/**
	 * Return whether no operation came after the first hit that could have the fault.
	 */
	boolean hitTheLast() {
		return this.hitTheLast;
	}

	/**
	 * Return the log of the workload, without what the checks did.
	 */
	List<StoreOperation> log() {
		return this.operations;
	}

	/**
	 * Return what became of the first reply with wrong bytes.
	 * @return what became of it, or {@code null} if there was none
	 */
	@Nullable WrongReply wrongReply() {
		return this.wrongReply;
	}

	/**
	 * Return why the step failed that got the first reply with wrong bytes.
	 * @return the exception, or {@code null} if it did not fail
	 */
	@Nullable Throwable refusal() {
		return this.refusal;
	}

	private void work() throws SQLException, MalformedMetadataException {
		int attempts = 0;
		while (this.acknowledged < this.end && attempts < ATTEMPTS) {
			int operationsBefore = this.store.count();
			Throwable failure = null;
			try {
				this.actor.run(this.workload.steps().get(this.acknowledged));
			}
			catch (SQLException | KvException | IllegalStateException | InjectedError ex) {
				failure = ex;
			}
			if (effect() == Effect.WRONG_REPLY && this.store.fired() > 0 && this.wrongReply == null) {
				judge(operationsBefore, failure);
			}
			if (failure == null) {
				this.acknowledged++;
				attempts = 0;
			}
			else {
				attempts++;
				requireReason(failure);
				if (this.actor.isOpen() && !this.actor.isUsable()) {
					// a failure that calls itself definite must be
					this.unsure = !(storeFailure(failure) instanceof KvDefiniteException);
					this.actor.requireRefusal();
					return;
				}
				this.actor.rollBack();
			}
			Thread.interrupted();
		}
	}

	/**
	 * Judge the first {@link WrongReply}, right after the step that got it.
	 */
	private void judge(int operationsBefore, @Nullable Throwable failure)
			throws SQLException, MalformedMetadataException {
		List<StoreOperation> operations = this.store.log().subList(operationsBefore, this.store.count());
		Step step = this.workload.steps().get(this.acknowledged);
		boolean before = step instanceof Step.Delete;
		boolean after = false;
		boolean wrong = false;
		for (StoreOperation operation : operations) {
			wrong |= operation.fault() != null;
			before |= !wrong && operation.kind() == Kind.WRITE;
			after |= wrong && operation.kind() != Kind.READ && operation.kind() != Kind.OPEN
					&& operation.kind() != Kind.CLOSE;
		}
		try (MemoryKvStore copy = new MemoryKvStore()) {
			Namespace.restore(Namespace.copyOf(this.memory), copy);
			boolean intact;
			if (after) {
				intact = isIntact(copy);
			}
			else {
				KnownStates.Opened known = this.known.opened(Fingerprint.of(copy));
				long content = (known != null) ? known.content() : open(copy, opener(copy)).content();
				intact = isExpected(content, before);
				assertThat(intact)
					.as("the content after %d acknowledged steps and a wrong reply, since which nothing was written (it is that of %s), is as it should be",
							this.acknowledged, named(content))
					.isTrue();
			}
			this.wrongReply = WrongReply.of(failure == null, intact);
			this.refusal = failure;
		}
	}

	private OpenActor opener(MemoryKvStore copy) {
		return new OpenActor(this.beneath.apply(new LimitedKvStore(copy, this.setting.limits())), this.setting);
	}

	private boolean isExpected(long content, boolean mayBeTheNext) {
		return content == this.workload.state(this.acknowledged)
				|| mayBeTheNext && content == this.workload.state(this.acknowledged + 1);
	}

	/**
	 * Return whether SQLite finds nothing wrong with what is stored, and it is what the
	 * steps so far, or the one under way, amount to.
	 */
	private boolean isIntact(MemoryKvStore copy) {
		OpenActor actor = opener(copy);
		try {
			Connection connection = actor.connection();
			return Content.problems(connection).isEmpty() && isExpected(Content.of(connection), true);
		}
		catch (SQLException ex) {
			return false;
		}
		finally {
			closeQuietly(actor);
		}
	}

	/**
	 * Check that what wrong replies have led to, whatever it is, can be opened and read
	 * with an answer or an {@link SQLException}, that it consists of the actor's own
	 * keys, and that the actor can be deleted and begun anew.
	 */
	private void requireCivility() throws SQLException {
		Namespace.requireOwnKeys(this.memory);
		if (!this.known.addCivil(Fingerprint.of(this.memory))) {
			return;
		}
		try {
			HostileNamespace.readAll(this.actor);
		}
		catch (SQLException ex) {
			assertThat(ex.getMessage()).isNotBlank();
		}
		closeQuietly(this.actor);
		this.actor.run(new Step.Delete());
		assertThat(check()).as("the content of the actor begun anew").isEqualTo(this.workload.state(0));
		this.actor.close();
	}

	private static void closeQuietly(OpenActor actor) {
		try {
			actor.close();
		}
		catch (SQLException ex) {
			assertThat(ex.getMessage()).isNotBlank();
		}
	}

	/**
	 * Check that the caller learns what is behind a failure.
	 */
	private void requireReason(Throwable failure) {
		Effect effect = effect();
		if (effect == Effect.WRONG_REPLY) {
			assertThat(failure).as("what the caller sees of a wrong reply").isInstanceOf(SQLException.class);
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

	/**
	 * Return what the store's part in a failure is said to be: the first of its
	 * exceptions along the causes, {@code null} if there is none.
	 */
	static @Nullable KvException storeFailure(Throwable ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof KvException failure) {
				return failure;
			}
		}
		return null;
	}

	static boolean hasCause(Throwable ex, Class<?> type) {
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

	@Override
	public String toString() {
		return "%s | %s".formatted(this.workload, this.setting);
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
