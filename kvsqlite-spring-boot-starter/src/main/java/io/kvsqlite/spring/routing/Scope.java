package io.kvsqlite.spring.routing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.Assert;

/**
 * The scope of an actor on a thread, and what was put aside when it began.
 *
 * <p>
 * All that {@linkplain ActorResources belongs to an actor}, or to none, is unbound at the
 * entry and bound again at the end. What a transaction's synchronizations are to do about
 * it depends on whose transaction is the innermost one:
 *
 * <ul>
 * <li>the outer actor's: it is suspended as a whole, as a transaction manager would, and
 * resumed at the end. Where that transaction itself suspended somebody else's, this one
 * is current for as long as the scope takes. What is registered with it meanwhile waits
 * with its {@link Mark} until the outer actor's transaction ends and resumes it.</li>
 * <li>somebody else's (an application's own database, an explicit handle on an actor): it
 * stays the current one, so that callbacks and events wait for its outcome. Only the
 * synchronizations that hold something of an actor are suspended. Those that join it
 * inside the scope and hold something of any actor are completed at the end: it could be
 * in the way of what comes back.</li>
 * <li>none: a transaction that began inside and is still open at the end is rolled back,
 * and the end fails.</li>
 * </ul>
 *
 * <p>
 * Where both kinds of transaction began within one scope, which of them is the innermost
 * cannot be seen; then it is taken to be somebody else's, so that no callback is lost or
 * runs early.
 *
 * <p>
 * Confined to its thread.
 */
final class Scope {

	private final String actorId;

	private final @Nullable Scope outer;

	/**
	 * What was bound when the scope began and is not an actor's.
	 */
	private final Set<Object> alreadyBound = Collections.newSetFromMap(new IdentityHashMap<>());

	/**
	 * What was unbound, by its key.
	 */
	private final Map<Object, Object> unbound = new LinkedHashMap<>();

	/**
	 * The outer actor's transaction, {@code null} if the innermost one is not its.
	 */
	private final @Nullable Synchronizations suspended;

	/**
	 * Somebody else's transaction that is the current one in the scope, {@code null} if
	 * there is none.
	 */
	private final @Nullable Synchronizations kept;

	/**
	 * What of that transaction holds something of an actor, and was suspended.
	 */
	private final List<TransactionSynchronization> suspendedOfKept;

	/**
	 * The other synchronizations of that transaction.
	 */
	private final List<TransactionSynchronization> members = new ArrayList<>();

	/**
	 * What stands among them for this scope.
	 */
	private final @Nullable Mark mark;

	private Scope(String actorId, @Nullable Scope outer, @Nullable Synchronizations suspended,
			@Nullable Synchronizations kept, List<TransactionSynchronization> suspendedOfKept) {
		this.actorId = actorId;
		this.outer = outer;
		this.suspended = suspended;
		this.kept = kept;
		this.suspendedOfKept = suspendedOfKept;
		this.mark = (kept != null) ? new Mark() : null;
	}

	/**
	 * Begin a scope. If that fails, nothing has changed.
	 * @param actorId its actor
	 * @param outer the scope around it, which is still the current one
	 */
	static Scope begin(String actorId, @Nullable Scope outer) {
		Scope scope = create(actorId, outer);
		try {
			scope.unbind();
			return scope;
		}
		catch (RuntimeException | Error ex) {
			Failure failure = new Failure();
			failure.add(ex);
			failure.add(scope.restore());
			throw ex;
		}
	}

	private static Scope create(String actorId, @Nullable Scope outer) {
		if (!TransactionSynchronizationManager.isSynchronizationActive()) {
			return new Scope(actorId, outer, null, null, List.of());
		}
		if (outer != null && outer.hasInnermostTransaction()) {
			return new Scope(actorId, outer, Synchronizations.suspend(), outer.kept, List.of());
		}
		Synchronizations kept = Synchronizations.current();
		return new Scope(actorId, outer, null, kept,
				Synchronizations.suspendThoseOfActors(kept.list(), ActorResources::bound));
	}

	private void unbind() {
		ActorResources.bound().forEach((key, resource) -> {
			TransactionSynchronizationManager.unbindResource(key);
			this.unbound.put(key, resource);
		});
		if (this.kept != null) {
			if (this.suspended != null) {
				this.members.addAll(resumeSuspended());
			}
			else {
				this.members.addAll(without(this.kept.list(), this.suspendedOfKept));
			}
			this.kept.begin(withMark(this.members));
		}
		this.alreadyBound.addAll(TransactionSynchronizationManager.getResourceMap().values());
	}

	/**
	 * Resume the transaction that lies suspended below the outer actor's, but for what
	 * holds something of an actor.
	 */
	private List<TransactionSynchronization> resumeSuspended() {
		List<TransactionSynchronization> resumed = new ArrayList<>();
		for (TransactionSynchronization member : suspendedBelow().members) {
			if (member != suspendedBelow()) {
				member.resume();
				if (ActorResources.bound().isEmpty()) {
					resumed.add(member);
				}
				else {
					member.suspend();
				}
			}
		}
		return resumed;
	}

	private Mark suspendedBelow() {
		Assert.state(this.outer != null && this.outer.mark != null, "There is no transaction below");
		return this.outer.mark;
	}

	String actorId() {
		return this.actorId;
	}

	@Nullable Scope outer() {
		return this.outer;
	}

	private List<TransactionSynchronization> withMark(List<TransactionSynchronization> others) {
		List<TransactionSynchronization> all = new ArrayList<>(others);
		if (this.mark != null) {
			all.add(this.mark);
		}
		return all;
	}

	private static List<TransactionSynchronization> without(List<TransactionSynchronization> all,
			List<TransactionSynchronization> others) {
		return all.stream().filter((each) -> others.stream().noneMatch((other) -> other == each)).toList();
	}

	/**
	 * Return whether the innermost transaction on the thread is one of this scope's actor
	 * through the routing data source.
	 */
	private boolean hasInnermostTransaction() {
		Map<Object, Object> resources = ActorResources.bound();
		if (isMarked() || resources.values().stream().noneMatch(ActorResources::isInTransaction)) {
			return false;
		}
		return TransactionSynchronizationManager.getResourceMap()
			.entrySet()
			.stream()
			.filter((entry) -> !resources.containsKey(entry.getKey()) && !this.alreadyBound.contains(entry.getValue()))
			.noneMatch((entry) -> ActorResources.isInTransaction(entry.getValue()));
	}

	/**
	 * Return whether the current transaction is the one that was current when the scope
	 * began.
	 */
	private boolean isMarked() {
		return this.mark != null && TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.getSynchronizations()
					.stream()
					.anyMatch((each) -> each == this.mark);
	}

	/**
	 * Give back what was bound within the scope. To be called while it is still the
	 * current one.
	 * @param succeeded whether the work of the scope did
	 * @return what failed, {@code null} if nothing
	 */
	@Nullable Throwable end(boolean succeeded) {
		Failure failure = new Failure();
		failure.in(() -> {
			boolean active = TransactionSynchronizationManager.isSynchronizationActive();
			if (this.kept != null && isMarked()) {
				failure.add(endKept(this.kept, succeeded));
			}
			else if (this.kept != null || active) {
				failure.add(endUnfinished(active));
			}
		});
		failure.in(() -> ActorResources.bound().forEach((key, resource) -> {
			TransactionSynchronizationManager.unbindResource(key);
			ActorResources.close(key, resource);
		}));
		return failure.first();
	}

	/**
	 * Complete the synchronizations that hold something of this scope's actor, and leave
	 * the others to the transaction that they joined.
	 */
	private @Nullable Throwable endKept(Synchronizations kept, boolean succeeded) {
		List<TransactionSynchronization> added = without(TransactionSynchronizationManager.getSynchronizations(),
				withMark(this.members));
		List<TransactionSynchronization> ofActor = Synchronizations.suspendThoseOfActors(added,
				() -> ActorResources.boundSince(this.alreadyBound));
		ofActor.forEach(TransactionSynchronization::resume);
		Failure failure = new Failure();
		failure.add(Synchronizations.complete(ofActor, succeeded));
		List<TransactionSynchronization> joined = without(added, ofActor);
		if (this.suspended != null) {
			this.members.forEach((each) -> failure.in(each::suspend));
			joined.forEach((each) -> failure.in(each::suspend));
			suspendedBelow().waiting.addAll(joined);
			TransactionSynchronizationManager.clear();
		}
		else {
			List<TransactionSynchronization> all = new ArrayList<>(this.members);
			all.addAll(joined);
			kept.begin(all);
		}
		return failure.first();
	}

	private @Nullable Throwable endUnfinished(boolean active) {
		boolean ofActor = ActorResources.bound().values().stream().anyMatch(ActorResources::isInTransaction);
		Failure failure = new Failure();
		failure.add(new IllegalStateException("A transaction was begun in the scope of actor '%s' and not ended in it"
			.formatted(Printable.id(this.actorId))));
		if (active && (ofActor || this.kept != null || this.suspended != null)) {
			failure.add(Synchronizations.complete(TransactionSynchronizationManager.getSynchronizations(), false));
			TransactionSynchronizationManager.clear();
		}
		if (this.kept != null && this.suspended == null) {
			this.kept.begin(List.of());
			this.members.forEach((each) -> failure.in(() -> {
				each.resume();
				TransactionSynchronizationManager.registerSynchronization(each);
			}));
		}
		return failure.first();
	}

	/**
	 * Bring back what was put aside. To be called when the outer scope is the current one
	 * again.
	 * @return what failed, {@code null} if nothing
	 */
	@Nullable Throwable restore() {
		Failure failure = new Failure();
		this.unbound.forEach(
				(key, resource) -> failure.in(() -> TransactionSynchronizationManager.bindResource(key, resource)));
		if (this.suspended != null) {
			failure.in(this.suspended::resume);
		}
		this.suspendedOfKept.forEach((each) -> failure.in(() -> {
			each.resume();
			TransactionSynchronizationManager.registerSynchronization(each);
		}));
		return failure.first();
	}

	/**
	 * Stands among the synchronizations of the transaction that is current when the scope
	 * begins, and learns which these are when it is suspended.
	 */
	private static final class Mark implements TransactionSynchronization {

		private List<TransactionSynchronization> members = List.of();

		/**
		 * What was registered, and then suspended, while the transaction was suspended.
		 */
		private final List<TransactionSynchronization> waiting = new ArrayList<>();

		@Override
		public void suspend() {
			this.members = List.copyOf(TransactionSynchronizationManager.getSynchronizations());
		}

		@Override
		public void resume() {
			List<TransactionSynchronization> resumed = List.copyOf(this.waiting);
			this.waiting.clear();
			resumed.forEach((each) -> {
				each.resume();
				TransactionSynchronizationManager.registerSynchronization(each);
			});
		}

	}

}
