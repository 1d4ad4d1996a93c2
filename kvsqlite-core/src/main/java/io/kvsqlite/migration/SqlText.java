package io.kvsqlite.migration;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a statement begins with, comments apart.
 */
final class SqlText {

	private static final Pattern BEGINNING = Pattern
		.compile("(?:\\s|;|--[^\\n]*(?:\\n|$)|/\\*.*?\\*/)*+(([A-Za-z]*).*)", Pattern.DOTALL);

	private SqlText() {
	}

	/**
	 * Return the first word in capitals, empty if there is none.
	 */
	static String firstWord(String sql) {
		Matcher matcher = BEGINNING.matcher(sql);
		return matcher.matches() ? matcher.group(2).toUpperCase(Locale.ROOT) : "";
	}

	/**
	 * Return the statement from its first word on.
	 */
	static String withoutLeadingComments(String sql) {
		Matcher matcher = BEGINNING.matcher(sql);
		return matcher.matches() ? matcher.group(1) : sql;
	}

}
