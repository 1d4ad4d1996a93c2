package io.kvsqlite.sample;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Turns what a person types into a query of SQLite's full-text search: every word must
 * occur, the last one may be the beginning of a word, and nothing is an operator.
 */
final class SearchTerms {

	private SearchTerms() {
	}

	/**
	 * Return a query.
	 * @param text what was typed
	 * @return the query, empty if there is nothing to search for
	 */
	static String toQuery(String text) {
		String query = Arrays.stream(text.split("[^\\p{L}\\p{N}]+"))
			.filter((word) -> !word.isEmpty())
			.map((word) -> '"' + word + '"')
			.collect(Collectors.joining(" "));
		return query.isEmpty() ? "" : query + "*";
	}

}
