package io.kvsqlite.jdbc;

/**
 * The tokens of a text of SQL, divided as SQLite's tokenizer divides them (sqlite.org,
 * {@code tokenize.c}): the same white space, comments, quotes, identifiers and variables.
 *
 * <p>
 * Where SQLite finds a token illegal it runs nothing from there on, so what is made of
 * the rest does not matter.
 */
final class SqlTokens {

	private static final char BYTE_ORDER_MARK = '\uFEFF';

	private final String sql;

	private final int length;

	/**
	 * The bounds of the current token; equal at the end of the text.
	 */
	private int start;

	private int end;

	SqlTokens(String sql) {
		this.sql = sql;
		this.length = sql.length();
	}

	/**
	 * Go to the first token of the next statement.
	 * @return whether there is one
	 */
	boolean nextStatement() {
		do {
			next();
		}
		while (isSemicolon());
		return this.start < this.length;
	}

	/**
	 * Go to the semicolon that ends the current statement.
	 * @return whether anything but white space may follow it
	 */
	boolean skipStatement() {
		int semicolon = this.sql.indexOf(';', this.start);
		if (semicolon < 0 || isBlankFrom(semicolon + 1)) {
			return false;
		}
		while (this.start < this.length && !isSemicolon()) {
			next();
		}
		return this.start < this.length;
	}

	private boolean isBlankFrom(int index) {
		for (int i = index; i < this.length; i++) {
			if (!isSpace(this.sql.charAt(i))) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Go to the next token that is neither white space nor a comment.
	 */
	void next() {
		int i = this.end;
		for (int after = space(i); after > i; after = space(i)) {
			i = after;
		}
		this.start = i;
		this.end = (i < this.length) ? tokenEnd(i) : i;
	}

	/**
	 * Return the end of the white space or the comment at an index.
	 * @return the index after it, or the index itself when there is neither
	 */
	private int space(int i) {
		if (i >= this.length) {
			return i;
		}
		char c = this.sql.charAt(i);
		if (isSpace(c) || c == BYTE_ORDER_MARK) {
			return i + 1;
		}
		if (c == '-' && at(i + 1) == '-') {
			int newline = this.sql.indexOf('\n', i);
			return (newline < 0) ? this.length : newline;
		}
		// a comment that the text ends in the middle of is one; a bare "/*" at its end is
		// not
		if (c == '/' && at(i + 1) == '*' && i + 2 < this.length) {
			int close = this.sql.indexOf("*/", i + 2);
			return (close < 0) ? this.length : close + 2;
		}
		return i;
	}

	private int tokenEnd(int i) {
		char c = this.sql.charAt(i);
		switch (c) {
			case '\'', '"', '`':
				return quoteEnd(i, c);
			case '[':
				int close = this.sql.indexOf(']', i);
				return (close < 0) ? this.length : close + 1;
			case '$', '@', '#', ':':
				return variableEnd(i);
			default:
				int j = i;
				while (j < this.length && isIdentifierPart(this.sql.charAt(j))) {
					j++;
				}
				return Math.max(j, i + 1);
		}
	}

	/**
	 * Return the end of a quoted string, in which a doubled quote stands for one.
	 */
	private int quoteEnd(int i, char quote) {
		for (int j = this.sql.indexOf(quote, i + 1); j >= 0; j = this.sql.indexOf(quote, j + 2)) {
			if (at(j + 1) != quote) {
				return j + 1;
			}
		}
		return this.length;
	}

	/**
	 * Return the end of a variable, which may be one of Tcl's: {@code $a::b(anything)},
	 * and that anything may be a quote or a semicolon.
	 */
	private int variableEnd(int i) {
		int j = i + 1;
		boolean named = false;
		while (j < this.length) {
			char c = this.sql.charAt(j);
			if (isIdentifierPart(c)) {
				named = true;
				j++;
			}
			else if (c == '(' && named) {
				do {
					j++;
				}
				while (j < this.length && !isSpace(this.sql.charAt(j)) && this.sql.charAt(j) != ')');
				return (at(j) == ')') ? j + 1 : j;
			}
			else if (c == ':' && at(j + 1) == ':') {
				j += 2;
			}
			else {
				break;
			}
		}
		return j;
	}

	private char at(int i) {
		return (i < this.length) ? this.sql.charAt(i) : '\0';
	}

	/**
	 * A vertical tab counts in SQLite when white space precedes it, and is illegal
	 * otherwise.
	 */
	private static boolean isSpace(char c) {
		return c == ' ' || (c >= '\t' && c <= '\r');
	}

	private static boolean isIdentifierPart(char c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$'
				|| c >= 0x80;
	}

	/**
	 * Return whether the current token is a word, in either case of ASCII.
	 * @param word the word in lower case
	 */
	boolean is(String word) {
		if (this.end - this.start != word.length()) {
			return false;
		}
		for (int i = 0; i < word.length(); i++) {
			if (lowerCase(this.sql.charAt(this.start + i)) != word.charAt(i)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Return the first character of the current token, an ASCII letter in lower case.
	 */
	char firstLetter() {
		return lowerCase(at(this.start));
	}

	private static char lowerCase(char c) {
		return (c >= 'A' && c <= 'Z') ? (char) (c + ('a' - 'A')) : c;
	}

	private boolean isSemicolon() {
		return at(this.start) == ';';
	}

	/**
	 * Return whether the current statement has no further token.
	 */
	boolean isEndOfStatement() {
		return this.start >= this.length || isSemicolon();
	}

	/**
	 * Return whether nothing but semicolons is left.
	 */
	boolean isEnd() {
		while (isSemicolon()) {
			next();
		}
		return this.start >= this.length;
	}

	/**
	 * Return whether the current token can be a name: a word, or something in quotes.
	 */
	boolean isName() {
		char c = at(this.start);
		return c == '\'' || c == '"' || c == '`' || c == '[' || (isIdentifierPart(c) && c != '$');
	}

	/**
	 * Return the current token as it is written.
	 */
	String text() {
		return this.sql.substring(this.start, this.end);
	}

	/**
	 * Return the current token without the quotes around it.
	 */
	String name() {
		String text = text();
		if (text.length() < 2) {
			return text;
		}
		char quote = text.charAt(0);
		return switch (quote) {
			case '\'', '"', '`' -> {
				String doubled = String.valueOf(quote).repeat(2);
				yield text.substring(1, text.length() - 1).replace(doubled, String.valueOf(quote));
			}
			case '[' -> text.substring(1, text.length() - 1);
			default -> text;
		};
	}

}
