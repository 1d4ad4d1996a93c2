package io.kvsqlite.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a Markdown text into sections at its headings. A {@code #} inside a fenced code
 * block is no heading.
 */
final class MarkdownSections {

	private static final Pattern HEADING = Pattern.compile("#{1,6}\\s+(.+?)\\s*#*\\s*");

	private static final Pattern FENCE = Pattern.compile("\\s{0,3}(```+|~~~+).*");

	private MarkdownSections() {
	}

	/**
	 * Split a text.
	 * @param markdown the text
	 * @return its sections that have a title or a text
	 */
	static List<Section> of(String markdown) {
		List<Section> sections = new ArrayList<>();
		String title = "";
		StringBuilder body = new StringBuilder();
		String fence = "";
		for (String line : markdown.lines().toList()) {
			Matcher fenceLine = FENCE.matcher(line);
			if (fenceLine.matches()) {
				String mark = fenceLine.group(1);
				if (fence.isEmpty()) {
					fence = mark;
				}
				else if (mark.startsWith(fence)) {
					fence = "";
				}
			}
			Matcher heading = HEADING.matcher(line);
			if (fence.isEmpty() && heading.matches()) {
				add(sections, title, body);
				title = heading.group(1);
				body.setLength(0);
			}
			else {
				body.append(line).append('\n');
			}
		}
		add(sections, title, body);
		return sections;
	}

	private static void add(List<Section> sections, String title, StringBuilder body) {
		String text = body.toString().strip();
		if (!title.isEmpty() || !text.isEmpty()) {
			sections.add(new Section(title.isEmpty() ? text.lines().findFirst().orElse("") : title, text));
		}
	}

	/**
	 * A section.
	 *
	 * @param title its heading, or its first line where it has none
	 * @param body its text
	 */
	record Section(String title, String body) {
	}

}
