package io.kvsqlite.spring.routing;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

/**
 * What a thread had to do with transactions when the scope of another actor began, put
 * aside the way a transaction manager puts a suspended transaction aside.
 *
 * <p>
 * JDBC connections need nothing more, they are bound under their actor. Sessions that
 * hold a connection are bound under their factory, whatever the actor: MyBatis's are let
 * go of by their synchronization, JPA's are unbound here.
 */
final class OuterTransaction {

	private static final boolean jpaPresent = ClassUtils.isPresent("org.springframework.orm.jpa.EntityManagerHolder",
			OuterTransaction.class.getClassLoader())
			&& ClassUtils.isPresent("jakarta.persistence.EntityManager", OuterTransaction.class.getClassLoader());

	private final Map<Object, Object> sessions;

	private final @Nullable State state;

	private OuterTransaction(Map<Object, Object> sessions, @Nullable State state) {
		this.sessions = sessions;
		this.state = state;
	}

	/**
	 * Put aside what is bound to this thread. To be called while the outer actor is still
	 * the current one.
	 * @param hasActor whether there is an outer actor
	 */
	static OuterTransaction suspend(boolean hasActor) {
		State state = TransactionSynchronizationManager.isSynchronizationActive() ? State.suspend() : null;
		Map<Object, Object> sessions = (hasActor && jpaPresent) ? JpaSessions.unbind() : Map.of();
		return new OuterTransaction(sessions, state);
	}

	/**
	 * Bring it back. To be called when the outer actor is the current one again.
	 */
	void resume() {
		Assert.state(!TransactionSynchronizationManager.isSynchronizationActive(),
				"A transaction was begun in the scope of an actor and not ended in it");
		this.sessions.forEach(TransactionSynchronizationManager::bindResource);
		if (this.state != null) {
			this.state.resume();
		}
	}

	/**
	 * The synchronizations of a transaction, and how it is described to them.
	 */
	private record State(List<TransactionSynchronization> synchronizations, @Nullable String name, boolean readOnly,
			@Nullable Integer isolation, boolean active) {

		static State suspend() {
			List<TransactionSynchronization> synchronizations = TransactionSynchronizationManager.getSynchronizations();
			synchronizations.forEach(TransactionSynchronization::suspend);
			State state = new State(synchronizations, TransactionSynchronizationManager.getCurrentTransactionName(),
					TransactionSynchronizationManager.isCurrentTransactionReadOnly(),
					TransactionSynchronizationManager.getCurrentTransactionIsolationLevel(),
					TransactionSynchronizationManager.isActualTransactionActive());
			TransactionSynchronizationManager.clear();
			return state;
		}

		void resume() {
			TransactionSynchronizationManager.setActualTransactionActive(this.active);
			TransactionSynchronizationManager.setCurrentTransactionIsolationLevel(this.isolation);
			TransactionSynchronizationManager.setCurrentTransactionReadOnly(this.readOnly);
			TransactionSynchronizationManager.setCurrentTransactionName(this.name);
			TransactionSynchronizationManager.initSynchronization();
			for (TransactionSynchronization synchronization : this.synchronizations) {
				synchronization.resume();
				TransactionSynchronizationManager.registerSynchronization(synchronization);
			}
		}

	}

}
