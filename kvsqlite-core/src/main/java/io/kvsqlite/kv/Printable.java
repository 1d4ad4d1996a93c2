package io.kvsqlite.kv;

/**
 * Text for people and for logs that comes from elsewhere: nothing in it moves a
 * terminal's cursor, ends a line, or turns the direction of what follows. An actor id may
 * hold any character, so every message that carries one goes through here.
 */
public final class Printable {

	private Printable() {
	}

	/**
	 * Return an id so that it can be printed, and read back by a person: what cannot be
	 * printed is escaped as in Java, and a backslash is doubled. No two ids print the
	 * same.
	 * @param id an actor id, or any other name
	 * @return the id as it is, where nothing in it has to be escaped
	 */
	public static String id(String id) {
		return escape(id, true);
	}

	/**
	 * Return a message so that it can be printed on one line. Idempotent, and leaves what
	 * {@link #id} returned as it is.
	 * @param message a message, with ids in it perhaps
	 * @return the message as it is, where nothing in it has to be escaped
	 */
	public static String text(String message) {
		return escape(message, false);
	}

	private static String escape(String text, boolean backslash) {
		StringBuilder escaped = null;
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			boolean plain = isPlain(text, i) && !(backslash && c == '\\');
			if (!plain && escaped == null) {
				escaped = new StringBuilder(text.length() + 16).append(text, 0, i);
			}
			if (escaped != null) {
				escaped.append(plain ? String.valueOf(c) : (c == '\\') ? "\\\\" : "\\u%04x".formatted((int) c));
			}
		}
		return (escaped != null) ? escaped.toString() : text;
	}

	private static boolean isPlain(String text, int index) {
		char c = text.charAt(index);
		if (Character.isHighSurrogate(c)) {
			return index + 1 < text.length() && Character.isLowSurrogate(text.charAt(index + 1))
					&& isPlain(text.codePointAt(index));
		}
		if (Character.isLowSurrogate(c)) {
			return index > 0 && Character.isHighSurrogate(text.charAt(index - 1))
					&& isPlain(text.codePointAt(index - 1));
		}
		return isPlain((int) c);
	}

	private static boolean isPlain(int codePoint) {
		return switch (Character.getType(codePoint)) {
			case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
					Character.SURROGATE, Character.UNASSIGNED ->
				false;
			default -> true;
		};
	}

}
