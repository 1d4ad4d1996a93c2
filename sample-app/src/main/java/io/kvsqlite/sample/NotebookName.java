package io.kvsqlite.sample;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a notebook, and the actor it stands for.
 *
 * @param value the name: 1 to 60 letters, digits, spaces, dots, dashes, underscores and
 * slashes, beginning with a letter or digit
 */
public record NotebookName(String value) {

	static final String ACTOR_PREFIX = "notebook/";

	private static final Pattern ALLOWED = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._/-]{0,59}");

	public NotebookName {
		if (!ALLOWED.matcher(value).matches()) {
			throw new IllegalArgumentException(
					"'%s' is no name for a notebook: it takes 1 to 60 letters, digits, spaces, ".formatted(value)
							+ "dots, dashes, underscores and slashes, and begins with a letter or a digit");
		}
	}

	/**
	 * Return the notebook that an actor stands for, if it stands for one: another program
	 * may have made actors whose ids only look like it.
	 */
	static Optional<NotebookName> ofActor(String actorId) {
		String value = actorId.substring(ACTOR_PREFIX.length());
		return ALLOWED.matcher(value).matches() ? Optional.of(new NotebookName(value)) : Optional.empty();
	}

	String actorId() {
		return ACTOR_PREFIX + this.value;
	}

}
