package io.kvsqlite.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes JSON.
 */
final class Json {

	private Json() {
	}

	/**
	 * Return a value as JSON.
	 * @param value a map with string keys, a list, a double array, a string, a number or
	 * a boolean; a number that is none becomes {@code null}
	 */
	static String of(Object value) {
		StringBuilder out = new StringBuilder();
		append(out, value, "\n");
		return out.append('\n').toString();
	}

	private static void append(StringBuilder out, Object value, String indent) {
		if (value instanceof Map<?, ?> map) {
			String separator = "{";
			for (Map.Entry<?, ?> entry : map.entrySet()) {
				out.append(separator).append(indent).append('\t');
				append(out, entry.getKey(), indent);
				out.append(": ");
				append(out, entry.getValue(), indent + '\t');
				separator = ",";
			}
			out.append(map.isEmpty() ? "{" : indent).append('}');
		}
		else if (value instanceof List<?> list) {
			String separator = "[";
			for (Object item : list) {
				out.append(separator).append(indent).append('\t');
				append(out, item, indent + '\t');
				separator = ",";
			}
			out.append(list.isEmpty() ? "[" : indent).append(']');
		}
		else if (value instanceof double[] numbers) {
			String separator = "[";
			for (double number : numbers) {
				out.append(separator);
				append(out, number, indent);
				separator = ", ";
			}
			out.append(']');
		}
		else if (value instanceof Double number) {
			out.append(Double.isFinite(number) ? String.format(Locale.ROOT, "%.3f", number) : "null");
		}
		else if (value instanceof Number || value instanceof Boolean) {
			out.append(value);
		}
		else {
			appendString(out, value.toString());
		}
	}

	private static void appendString(StringBuilder out, String text) {
		out.append('"');
		for (char c : text.toCharArray()) {
			if (c == '"' || c == '\\') {
				out.append('\\').append(c);
			}
			else if (c < ' ') {
				out.append("\\u%04x".formatted((int) c));
			}
			else {
				out.append(c);
			}
		}
		out.append('"');
	}

}
