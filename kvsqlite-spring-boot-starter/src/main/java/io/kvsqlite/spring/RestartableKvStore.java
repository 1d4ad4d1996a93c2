package io.kvsqlite.spring;

import java.util.List;
import java.util.function.Supplier;

import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.util.Assert;

/**
 * A {@link KvStore} that follows the lifecycle of an application context: closed when the
 * context stops, opened anew when it starts again. The test framework stops a cached
 * context that is not in use, and an embedded store must let go of its directory then.
 * When the context is closed, the store stays open for beans that use it to the last, and
 * is closed when it is destroyed itself, after all that depend on it.
 *
 * <p>
 * Open from the moment of its creation, so that a store that cannot be opened fails the
 * start of the application and other beans can use it while they are made. Thread-safe.
 */
public final class RestartableKvStore implements KvStore, SmartLifecycle, ApplicationContextAware {

	/**
	 * The phase of the store: it stops after the actors and before the clients that it
	 * uses, which have phase 0.
	 */
	public static final int PHASE = 1024;

	private final Supplier<? extends KvStore> opener;

	private final ContextEnd end = new ContextEnd();

	private volatile KvStore store;

	private volatile boolean running = true;

	/**
	 * Whether the store that was opened last is to be closed.
	 */
	private boolean open = true;

	private boolean closed;

	/**
	 * Open a store.
	 * @param opener opens the store, now and whenever it is started again
	 */
	public RestartableKvStore(Supplier<? extends KvStore> opener) {
		Assert.notNull(opener, "'opener' must not be null");
		this.opener = opener;
		this.store = opener.get();
	}

	/**
	 * Return the store that is open now, or was open last.
	 * @return what the opener made
	 */
	public KvStore current() {
		return this.store;
	}

	@Override
	public String type() {
		return this.store.type();
	}

	@Override
	public KvLimits limits() {
		return this.store.limits();
	}

	@Override
	public List<String> warnings() {
		return this.store.warnings();
	}

	@Override
	public int preloadChunks() {
		return this.store.preloadChunks();
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		return this.store.open(actorId, keys);
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		return this.store.snapshot(actorId);
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		return this.store.actors(prefix, after, limit);
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		return this.store.owner(actorId);
	}

	@Override
	public KvSize size(String actorId) {
		return this.store.size(actorId);
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		return this.store.delete(actorId, force);
	}

	@Override
	public boolean purge(String actorId, boolean force) {
		return this.store.purge(actorId, force);
	}

	@Override
	public void purge() {
		this.store.purge();
	}

	@Override
	public void ping() {
		this.store.ping();
	}

	@Override
	public void setApplicationContext(ApplicationContext context) {
		this.end.of(context);
	}

	@Override
	public synchronized void start() {
		Assert.state(!this.closed, "The store is closed");
		if (!this.running) {
			if (!this.open) {
				this.store = this.opener.get();
				this.open = true;
			}
			this.running = true;
		}
	}

	@Override
	public synchronized void stop() {
		this.running = false;
		if (!this.end.isNear()) {
			closeStore();
		}
	}

	private void closeStore() {
		if (this.open) {
			this.open = false;
			this.store.close();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	/**
	 * Close the store for good. Idempotent.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		this.running = false;
		closeStore();
	}

	@Override
	public String toString() {
		return "RestartableKvStore of type " + type();
	}

}
