package io.kvsqlite.spring.health;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.kvsqlite.ActorDataSourceFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.util.Assert;

/**
 * Says whether the store behind actors' databases answers: one small read that touches no
 * actor, up to a time-out; and what is known of it that may cost data. A probe that hangs
 * is not joined by another: until it returns, the store counts as down. A store may take
 * longer to give up than the time-out allows; what the last probe that ended failed with
 * is then told beside the time-out, because it is the likely cause. Thread-safe.
 */
public final class KvStoreHealthIndicator extends AbstractHealthIndicator implements AutoCloseable {

	private static final long IDLE_SECONDS = 60;

	private final ActorDataSourceFactory factory;

	private final Duration timeout;

	private final ExecutorService executor;

	private @Nullable Future<Long> probe;

	private volatile @Nullable Throwable lastFailure;

	/**
	 * Create an indicator.
	 * @param factory the factory whose store is probed
	 * @param timeout how long a probe may take
	 */
	public KvStoreHealthIndicator(ActorDataSourceFactory factory, Duration timeout) {
		super("The store of actors' databases does not answer");
		Assert.notNull(factory, "'factory' must not be null");
		Assert.notNull(timeout, "'timeout' must not be null");
		this.factory = factory;
		this.timeout = timeout;
		ThreadPoolExecutor single = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(task, "kvsqlite-health");
					thread.setDaemon(true);
					return thread;
				});
		single.allowCoreThreadTimeOut(true);
		this.executor = single;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) throws Exception {
		builder.withDetail("store", this.factory.store().type())
			.withDetail("openActors", this.factory.openActors())
			.withDetail("maxOpenActors", this.factory.maxOpenActors());
		Future<Long> current = currentProbe();
		try {
			long nanos = current.get(this.timeout.toNanos(), TimeUnit.NANOSECONDS);
			builder.up().withDetail("latencyMs", TimeUnit.NANOSECONDS.toMicros(nanos) / 1000.0);
			List<String> warnings = this.factory.store().warnings();
			if (!warnings.isEmpty()) {
				builder.withDetail("warnings", warnings);
			}
		}
		catch (TimeoutException ex) {
			builder.down().withDetail("error", "No answer within %d ms".formatted(this.timeout.toMillis()));
			Throwable cause = this.lastFailure;
			if (cause != null) {
				builder.withDetail("cause", cause.getClass().getName() + ": " + cause.getMessage());
			}
		}
		catch (ExecutionException ex) {
			builder.down((ex.getCause() != null) ? ex.getCause() : ex);
		}
	}

	private synchronized Future<Long> currentProbe() {
		Future<Long> current = this.probe;
		if (current == null || current.isDone()) {
			current = this.executor.submit(this::ping);
			this.probe = current;
		}
		return current;
	}

	private long ping() {
		long start = System.nanoTime();
		try {
			this.factory.store().ping();
			this.lastFailure = null;
		}
		catch (Throwable ex) {
			this.lastFailure = ex;
			throw ex;
		}
		return System.nanoTime() - start;
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
