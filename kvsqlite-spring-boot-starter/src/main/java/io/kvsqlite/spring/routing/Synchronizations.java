package io.kvsqlite.spring.routing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The synchronizations of a transaction, and how it is described to them.
 *
 * @param list the synchronizations, in their order
 */
record Synchronizations(List<TransactionSynchronization> list, @Nullable String name, boolean readOnly,
		@Nullable Integer isolation, boolean active) {

	/**
	 * Return those of the current transaction.
	 */
	static Synchronizations current() {
		return new Synchronizations(List.copyOf(TransactionSynchronizationManager.getSynchronizations()),
				TransactionSynchronizationManager.getCurrentTransactionName(),
				TransactionSynchronizationManager.isCurrentTransactionReadOnly(),
				TransactionSynchronizationManager.getCurrentTransactionIsolationLevel(),
				TransactionSynchronizationManager.isActualTransactionActive());
	}

	/**
	 * Put the current transaction aside, the way a transaction manager does it.
	 */
	static Synchronizations suspend() {
		Synchronizations current = current();
		List<TransactionSynchronization> suspended = new ArrayList<>();
		try {
			for (TransactionSynchronization synchronization : current.list) {
				synchronization.suspend();
				suspended.add(synchronization);
			}
		}
		catch (RuntimeException | Error ex) {
			suspended.forEach(TransactionSynchronization::resume);
			throw ex;
		}
		TransactionSynchronizationManager.clear();
		return current;
	}

	/**
	 * Bring it back.
	 */
	void resume() {
		begin(List.of());
		for (TransactionSynchronization synchronization : this.list) {
			synchronization.resume();
			TransactionSynchronizationManager.registerSynchronization(synchronization);
		}
	}

	/**
	 * Describe the transaction to others.
	 */
	void begin(Collection<TransactionSynchronization> others) {
		TransactionSynchronizationManager.setActualTransactionActive(this.active);
		TransactionSynchronizationManager.setCurrentTransactionIsolationLevel(this.isolation);
		TransactionSynchronizationManager.setCurrentTransactionReadOnly(this.readOnly);
		TransactionSynchronizationManager.setCurrentTransactionName(this.name);
		replace(others);
	}

	/**
	 * Make these the synchronizations of the current transaction.
	 */
	static void replace(Collection<TransactionSynchronization> synchronizations) {
		if (TransactionSynchronizationManager.isSynchronizationActive()) {
			TransactionSynchronizationManager.clearSynchronization();
		}
		TransactionSynchronizationManager.initSynchronization();
		synchronizations.forEach(TransactionSynchronizationManager::registerSynchronization);
	}

	/**
	 * Suspend those that then let go of something of an actor's, and only those. What
	 * they let go of shows whose they are; the others are resumed at once, which is what
	 * each has to expect whenever a further transaction begins.
	 * @param candidates the synchronizations to try
	 * @param actors what is bound of actors
	 * @return those of actors, suspended
	 */
	static List<TransactionSynchronization> suspendThoseOfActors(Collection<TransactionSynchronization> candidates,
			Supplier<Map<Object, Object>> actors) {
		List<TransactionSynchronization> suspended = new ArrayList<>();
		int bound = actors.get().size();
		try {
			for (TransactionSynchronization candidate : candidates) {
				if (bound == 0) {
					break;
				}
				candidate.suspend();
				int still = actors.get().size();
				if (still < bound) {
					suspended.add(candidate);
					bound = still;
				}
				else {
					candidate.resume();
				}
			}
			return suspended;
		}
		catch (RuntimeException | Error ex) {
			suspended.forEach(TransactionSynchronization::resume);
			throw ex;
		}
	}

	/**
	 * Let synchronizations give back what they keep, as at the end of a transaction.
	 * @return what failed, the first one, {@code null} if nothing
	 */
	static @Nullable Throwable complete(List<TransactionSynchronization> synchronizations, boolean committed) {
		Failure failure = new Failure();
		if (committed) {
			synchronizations.forEach((each) -> failure.in(() -> each.beforeCommit(false)));
		}
		synchronizations.forEach((each) -> failure.in(each::beforeCompletion));
		int status = (committed && failure.first() == null) ? TransactionSynchronization.STATUS_COMMITTED
				: TransactionSynchronization.STATUS_ROLLED_BACK;
		synchronizations.forEach((each) -> failure.in(() -> each.afterCompletion(status)));
		return failure.first();
	}

}
