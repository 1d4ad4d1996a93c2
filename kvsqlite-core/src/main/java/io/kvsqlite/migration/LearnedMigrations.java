package io.kvsqlite.migration;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * What Flyway did to databases, by the state that it found them in. It is taken for what
 * Flyway would do to the next database in that state when it did the same to two, in two
 * different seconds: so nothing of it comes from the actor, nor from the clock. Once two
 * runs differ, that state is left to Flyway for good. Thread-safe.
 */
final class LearnedMigrations {

	/**
	 * Beyond so many different states, learning one more is not worth its memory.
	 */
	private static final int MOST_STATES = 1_000;

	private final Map<DatabaseState, Lesson> lessons = new ConcurrentHashMap<>();

	/**
	 * Return what to do with a database in some state.
	 * @return what to repeat, {@code null} if Flyway is to be asked
	 */
	@Nullable Recording known(DatabaseState state) {
		Lesson lesson = this.lessons.get(state);
		return (lesson != null && lesson.confirmed) ? lesson.recording : null;
	}

	/**
	 * Learn from a run of Flyway that succeeded.
	 * @param recording what it did, {@code null} if that cannot be repeated
	 */
	void learn(DatabaseState state, @Nullable Recording recording) {
		if (this.lessons.size() < MOST_STATES || this.lessons.containsKey(state)) {
			this.lessons.merge(state, new Lesson(recording, false), Lesson::and);
		}
	}

	/**
	 * What is known of one state.
	 *
	 * @param recording what Flyway did, {@code null} if that is not always the same
	 * @param confirmed whether it did so twice
	 */
	private record Lesson(@Nullable Recording recording, boolean confirmed) {

		Lesson and(Lesson next) {
			if (this.recording == null || next.recording == null || !this.recording.isSameAs(next.recording)) {
				return new Lesson(null, false);
			}
			return new Lesson(this.recording, this.confirmed || this.recording.isOfAnotherSecond(next.recording));
		}

	}

}
