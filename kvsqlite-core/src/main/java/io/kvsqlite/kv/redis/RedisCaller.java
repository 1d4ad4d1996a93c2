package io.kvsqlite.kv.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvIndeterminateException;

/**
 * Makes calls to Redis: over a connection that works, repeated while that may help and
 * time is left, and with an outcome that is either known or said not to be.
 *
 * <p>
 * Everything it repeats may safely run twice: reads, an open by the same fence, a write
 * by the same commit number, a deletion that knows it may be the second. A call that
 * changes something ends in one of three ways. It returns an answer. It throws a definite
 * exception, if no attempt can have been run. Or it throws
 * {@link KvIndeterminateException}: once a single attempt may have reached the server, no
 * later refusal proves that it did nothing. An interrupt does not cut a call short, since
 * its outcome would be unknown; the thread stays interrupted.
 */
final class RedisCaller implements AutoCloseable {

	private static final long FIRST_PAUSE_MILLIS = 5;

	private static final long LONGEST_PAUSE_MILLIS = 200;

	private static final long LONGEST_LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

	private static final long REFRESH_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

	private static final long CLOSE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

	private static final Logger logger = LoggerFactory.getLogger(RedisCaller.class);

	private final RedisServers servers;

	private final Function<RedisLink, CompletionStage<Void>> check;

	private final List<Slot> slots = new ArrayList<>();

	private final AtomicLong refreshedAt = new AtomicLong(System.nanoTime() - REFRESH_INTERVAL_NANOS);

	private volatile boolean closed;

	/**
	 * Create a caller that connects when it is first used.
	 * @param servers how to connect
	 * @param connections how many connections to share
	 * @param check what to do with a new connection before it is used
	 */
	RedisCaller(RedisServers servers, int connections, Function<RedisLink, CompletionStage<Void>> check) {
		this.servers = servers;
		this.check = check;
		for (int i = 0; i < connections; i++) {
			this.slots.add(new Slot());
		}
	}

	/**
	 * Make a call that changes nothing.
	 * @param what the operation, for messages: completes "Redis could not ..."
	 * @param spread which of the connections to take
	 * @param timeout how long it may take
	 * @param attempt what to send
	 * @return the answer
	 */
	<T> T read(String what, int spread, Duration timeout, Function<RedisLink, CompletionStage<T>> attempt) {
		return call(what, false, spread, timeout, (link, repeated) -> attempt.apply(link));
	}

	/**
	 * Make a call that changes something and may run twice if it is told about it.
	 * @param attempt what to send, given whether an earlier attempt may have been run, or
	 * may still be
	 * @throws KvIndeterminateException if an attempt may have been run, or may still be
	 */
	<T> T write(String what, int spread, Duration timeout, BiFunction<RedisLink, Boolean, CompletionStage<T>> attempt) {
		return call(what, true, spread, timeout, attempt);
	}

	private <T> T call(String what, boolean changes, int spread, Duration timeout,
			BiFunction<RedisLink, Boolean, CompletionStage<T>> attempt) {
		long deadline = System.nanoTime() + timeout.toNanos();
		Slot slot = this.slots.get(Math.floorMod(spread, this.slots.size()));
		boolean maybeApplied = false;
		long pause = FIRST_PAUSE_MILLIS;
		while (true) {
			RedisFailure failure;
			RedisLink link = null;
			boolean sent = false;
			try {
				link = slot.link(deadline);
				sent = true;
				return await(attempt.apply(link, maybeApplied), deadline);
			}
			catch (KvClosedException ex) {
				if (changes && maybeApplied) {
					throw new KvIndeterminateException(
							"It is not known whether Redis did %s before the store was closed".formatted(what), ex);
				}
				throw ex;
			}
			catch (Throwable ex) {
				failure = sent ? RedisFailure.of(ex) : unsent(RedisFailure.of(ex));
			}
			finally {
				if (link != null) {
					link.release();
				}
			}
			maybeApplied |= failure.kind().maybeApplied();
			recover(slot, link, failure);
			boolean timeLeft = deadline - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(pause) + leastTime(timeout);
			if (!failure.kind().worthRepeating() || !timeLeft) {
				if (changes && maybeApplied) {
					throw new KvIndeterminateException(
							"It is not known whether Redis did %s: %s".formatted(what, failure.reason()),
							failure.cause());
				}
				throw failure.definite(what);
			}
			pause(pause);
			pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
		}
	}

	// An attempt that is given up before the server can answer makes the outcome
	// unknown. So none is begun when less than a tenth of the time is left.
	private static long leastTime(Duration timeout) {
		return Math.min(timeout.toNanos() / 10, LONGEST_LEAST_NANOS);
	}

	// Whatever went wrong while connecting, this call was not sent.
	private static RedisFailure unsent(RedisFailure failure) {
		return (failure.kind() == RedisFailure.Kind.LOST)
				? new RedisFailure(RedisFailure.Kind.NOT_SENT, failure.cause()) : failure;
	}

	private void recover(Slot slot, @Nullable RedisLink link, RedisFailure failure) {
		switch (failure.kind()) {
			case LOST, NOT_SENT -> {
				// A connection that does not answer may be dead without anyone having
				// said so; TCP would find out after a quarter of an hour.
				if (link != null && (this.servers.replacesBrokenConnections() || timedOut(failure))) {
					slot.replace(link);
				}
				refresh();
			}
			case NOT_HERE -> {
				if (link != null && this.servers.replacesBrokenConnections()) {
					slot.replace(link);
				}
				refresh();
			}
			case NOT_NOW -> refresh();
			default -> {
			}
		}
	}

	private static boolean timedOut(RedisFailure failure) {
		return failure.cause() instanceof TimeoutException;
	}

	private void refresh() {
		long now = System.nanoTime();
		long last = this.refreshedAt.get();
		if (now - last >= REFRESH_INTERVAL_NANOS && this.refreshedAt.compareAndSet(last, now) && !this.closed) {
			try {
				this.servers.refresh();
			}
			catch (RuntimeException ex) {
				logger.debug("The servers could not be asked who is master of what", ex);
			}
		}
	}

	private static void pause(long millis) {
		boolean interrupted = false;
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
		for (long left = millis; left > 0; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
			try {
				Thread.sleep(left);
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	private static <T> T await(CompletionStage<T> stage, long deadline) throws ExecutionException, TimeoutException {
		CompletableFuture<T> future = stage.toCompletableFuture();
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
				catch (TimeoutException ex) {
					future.cancel(false);
					throw new TimeoutException("no answer in time");
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Take no more calls, and close the connections when those under way are done: return
	 * then, or when that takes too long.
	 */
	@Override
	public void close() {
		this.closed = true;
		CompletableFuture<?>[] closing = this.slots.stream().map(Slot::close).toArray(CompletableFuture[]::new);
		try {
			await(CompletableFuture.allOf(closing), System.nanoTime() + CLOSE_TIMEOUT_NANOS);
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.debug("Connections to Redis were left to be closed with the client", ex);
		}
	}

	/**
	 * The place of one connection, which may be made anew. The thread that finds it empty
	 * connects, others wait for it.
	 */
	private final class Slot {

		private @Nullable CompletableFuture<RedisLink> current;

		/**
		 * Return a link that the caller releases.
		 */
		RedisLink link(long deadline) throws ExecutionException, TimeoutException {
			while (true) {
				CompletableFuture<RedisLink> future = connection();
				RedisLink link;
				try {
					link = future.isDone() ? await(future, deadline) : await(future.copy(), deadline);
				}
				catch (ExecutionException ex) {
					forget(future);
					throw ex;
				}
				catch (TimeoutException ex) {
					forget(future);
					future.thenAccept(RedisLink::retire);
					throw new TimeoutException("no connection in time");
				}
				if (link.acquire()) {
					return link;
				}
				forget(future);
			}
		}

		private synchronized CompletableFuture<RedisLink> connection() {
			if (RedisCaller.this.closed) {
				throw new KvClosedException("The Redis store was closed");
			}
			if (this.current == null) {
				this.current = connect().toCompletableFuture();
			}
			return this.current;
		}

		private CompletionStage<RedisLink> connect() {
			RedisServers servers = RedisCaller.this.servers;
			CompletionStage<RedisLink> connecting;
			try {
				connecting = servers.connect()
					.thenApply((connection) -> new RedisLink(connection, servers.commands(connection)));
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
			return connecting.thenCompose((link) -> RedisCaller.this.check.apply(link).handle((done, failure) -> {
				if (failure != null) {
					link.retire();
					return CompletableFuture.<RedisLink>failedFuture(failure);
				}
				return CompletableFuture.completedFuture(link);
			}).thenCompose((stage) -> stage));
		}

		synchronized void forget(CompletableFuture<RedisLink> future) {
			if (this.current == future) {
				this.current = null;
			}
		}

		void replace(RedisLink link) {
			synchronized (this) {
				if (this.current != null && this.current.isDone() && !this.current.isCompletedExceptionally()
						&& this.current.join() == link) {
					this.current = null;
				}
			}
			link.retire();
		}

		synchronized CompletableFuture<?> close() {
			if (this.current == null) {
				return CompletableFuture.completedFuture(null);
			}
			CompletableFuture<?> closing = this.current.thenCompose(RedisLink::retire);
			this.current = null;
			return closing;
		}

	}

}
