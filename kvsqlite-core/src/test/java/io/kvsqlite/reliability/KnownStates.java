package io.kvsqlite.reliability;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What the runs of one workload, under one setting and over one kind of store, have found
 * out about stored states, so that a run which leaves a state that an earlier one left
 * need not examine it again.
 *
 * <p>
 * Once a fault is over and the connection that had it is closed, nothing is left of it
 * but what is stored. What an opening of that comes to is a function of the
 * {@link Fingerprint}, and what the rest of the workload comes to is one of the
 * fingerprint after the opening, the step it goes on from and the one it goes up to:
 * these are the keys here. Only what passed is kept. Whether a content is the one that a
 * run has to find is no part of it; that each run decides for itself.
 */
final class KnownStates {

	private final Map<Fingerprint, Opened> opened = new HashMap<>();

	private final Set<Rest> finished = new HashSet<>();

	private final Set<Fingerprint> civil = new HashSet<>();

	/**
	 * Return what opening a state came to.
	 * @return what was found, or {@code null} if no run has opened it yet
	 */
	@Nullable Opened opened(Fingerprint state) {
		return this.opened.get(state);
	}

	void addOpened(Fingerprint state, Opened opened) {
		this.opened.put(state, opened);
	}

	/**
	 * Return whether the rest of the workload ran to its end.
	 */
	boolean isFinished(Rest rest) {
		return this.finished.contains(rest);
	}

	void addFinished(Rest rest) {
		this.finished.add(rest);
	}

	/**
	 * Note that opening a state, whatever it is, is about to end in an answer or an
	 * {@code SQLException}.
	 * @return whether no run has opened it yet
	 */
	boolean addCivil(Fingerprint state) {
		return this.civil.add(state);
	}

	/**
	 * What an opening came to, of which everything was checked.
	 *
	 * @param content the content found, by the first and by a second opening
	 * @param after the state that the two left
	 */
	record Opened(long content, Fingerprint after) {
	}

	/**
	 * The rest of a workload.
	 *
	 * @param from the state it begins with
	 * @param steps how many steps are done already
	 * @param end after how many steps it ends
	 */
	record Rest(Fingerprint from, int steps, int end) {
	}

}
