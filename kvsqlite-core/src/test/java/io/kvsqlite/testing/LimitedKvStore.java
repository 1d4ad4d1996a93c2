package io.kvsqlite.testing;

import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * Another store with narrower limits, such as {@link KvLimits#REFERENCE}.
 */
public final class LimitedKvStore extends ForwardingKvStore {

	private final KvLimits limits;

	/**
	 * Create a store with limits of its own.
	 * @param delegate the store that does the work; closed with this one
	 * @param limits what fits in one write, within the delegate's own limits
	 * @throws IllegalArgumentException if the limits are wider than the delegate's
	 */
	public LimitedKvStore(KvStore delegate, KvLimits limits) {
		super(delegate);
		if (limits.maxKeys() > delegate.limits().maxKeys() || limits.maxBytes() > delegate.limits().maxBytes()) {
			throw new IllegalArgumentException(
					"%s are wider than %s of the %s store".formatted(limits, delegate.limits(), delegate.type()));
		}
		this.limits = limits;
	}

	@Override
	public KvLimits limits() {
		return this.limits;
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new LimitedKvSession(session);
	}

	private final class LimitedKvSession extends ForwardingKvSession {

		LimitedKvSession(KvSession delegate) {
			super(delegate);
		}

		@Override
		public void write(KvWrite write) {
			if (!write.fits(LimitedKvStore.this.limits)) {
				throw new KvLimitExceededException(
						"A write of %d keys and %d bytes to actor '%s' is over the limits, %s".formatted(write.keys(),
								write.bytes(), actorId(), LimitedKvStore.this.limits));
			}
			super.write(write);
		}

	}

}
