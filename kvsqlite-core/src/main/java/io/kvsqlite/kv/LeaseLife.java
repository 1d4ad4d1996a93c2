package io.kvsqlite.kv;

import java.time.Duration;

import io.kvsqlite.kv.OwnerLease.Renewal;

/**
 * The order in which the store is told of a lease: it is recorded, then renewed, then
 * ended. That is all that threads share of an {@link OwnerLease}, and nothing else is
 * here, so that a model checker can try it.
 *
 * <p>
 * Nothing is recorded after the end, also not by a renewal that was under way: the end
 * waits for it, as long as the store lets it. So the store never keeps a lease for an
 * owner that is gone. Whoever finds the lease {@linkplain #isRecorded recorded} without
 * the lock may take actors. Not final, so that tests can do a step wrongly and see that
 * it is noticed.
 */
class LeaseLife {

	private enum State {

		NEW, RECORDED, ENDED

	}

	private final String id;

	private final String name;

	private final Duration duration;

	private final Renewal renewal;

	private volatile State state = State.NEW;

	LeaseLife(String id, String name, Duration duration, Renewal renewal) {
		this.id = id;
		this.name = name;
		this.duration = duration;
		this.renewal = renewal;
	}

	boolean isRecorded() {
		return this.state == State.RECORDED;
	}

	/**
	 * Record the lease for the first time.
	 * @return whether this call recorded it
	 * @throws KvException if the store could not be told; the next call tries again
	 */
	synchronized boolean record() {
		if (this.state != State.NEW) {
			return false;
		}
		tell();
		this.state = State.RECORDED;
		return true;
	}

	/**
	 * Renew the lease.
	 * @return whether there is one
	 * @throws KvException if the store could not be told
	 */
	synchronized boolean renew() {
		if (!isRecorded()) {
			return false;
		}
		tell();
		return true;
	}

	/**
	 * End the lease, unless that was tried before.
	 * @throws KvException if the store could not be told; the lease runs out then
	 */
	synchronized void end() {
		boolean recorded = isRecorded();
		this.state = State.ENDED;
		if (recorded) {
			this.renewal.end(this.id);
		}
	}

	/**
	 * End the lease without a word to the store, where it runs out by itself.
	 */
	synchronized void leave() {
		this.state = State.ENDED;
	}

	/**
	 * Tell the store that the owner lives.
	 */
	final void tell() {
		this.renewal.renew(this.id, this.name, this.duration);
	}

}
