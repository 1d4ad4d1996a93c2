package io.kvsqlite.spring;

import io.kvsqlite.ActorDataSourceFactory;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.util.Assert;

/**
 * Closes all actors when the application context stops and may start again: after the web
 * server, so that requests are over, and before the store. Those still in use are waited
 * for up to the factory's close time-out.
 *
 * <p>
 * When the context is closed, it does nothing. The actors stay open for beans that use
 * them to the last, in {@link SmartLifecycle#stop()} or when they are destroyed, and end
 * with the factory, which is destroyed after all beans that depend on it. Thread-safe.
 */
public final class ActorLifecycle implements SmartLifecycle, ApplicationContextAware {

	/**
	 * The phase of the actors: above the store's, below that of everything that brings
	 * work, which is the web server's or the default one.
	 */
	public static final int PHASE = RestartableKvStore.PHASE + 1024;

	private final ActorDataSourceFactory factory;

	private final ContextEnd end = new ContextEnd();

	private volatile boolean running = true;

	/**
	 * Create the lifecycle of a factory's actors.
	 * @param factory the factory, which hands out connections already
	 */
	public ActorLifecycle(ActorDataSourceFactory factory) {
		Assert.notNull(factory, "'factory' must not be null");
		this.factory = factory;
	}

	@Override
	public void setApplicationContext(ApplicationContext context) {
		this.end.of(context);
	}

	@Override
	public synchronized void start() {
		if (!this.running) {
			this.factory.start();
			this.running = true;
		}
	}

	@Override
	public synchronized void stop() {
		if (this.running) {
			this.running = false;
			if (!this.end.isNear()) {
				this.factory.stop();
			}
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

}
