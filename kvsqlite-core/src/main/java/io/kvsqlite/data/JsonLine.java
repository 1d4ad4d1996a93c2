package io.kvsqlite.data;

import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object on one line, under construction. What cannot be printed is escaped. Used
 * by one thread.
 */
public final class JsonLine {

	private final StringBuilder text = new StringBuilder("{");

	/**
	 * Add a field.
	 * @param name its name
	 * @param value a string, a number, a boolean or {@code null}
	 * @return this object
	 */
	public JsonLine field(String name, @Nullable Object value) {
		return raw(name, (value instanceof String string) ? quote(string) : String.valueOf(value));
	}

	/**
	 * Add a field.
	 * @param name its name
	 * @param value its value in JSON
	 * @return this object
	 */
	public JsonLine raw(String name, String value) {
		this.text.append((this.text.length() > 1) ? "," : "").append(quote(name)).append(':').append(value);
		return this;
	}

	/**
	 * Return the object.
	 * @return its text. Ends this object's use
	 */
	public String end() {
		return this.text.append('}').toString();
	}

	private static String quote(String value) {
		StringBuilder quoted = new StringBuilder("\"");
		for (char c : value.toCharArray()) {
			switch (c) {
				case '"' -> quoted.append("\\\"");
				case '\\' -> quoted.append("\\\\");
				case '\n' -> quoted.append("\\n");
				// a character beyond the first plane is two in JSON, too
				default -> quoted.append(Printable.text(String.valueOf(c)));
			}
		}
		return quoted.append('"').toString();
	}

}
