package io.kvsqlite.cli;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where in a directory the backup of an actor is. Two actors never share a file, also
 * where a file system does not tell capitals from small letters; every legal id has one;
 * and the id can be read from it.
 *
 * <p>
 * A name is the id, percent-encoded, with {@code .sqlite} at the end. What stays as it is
 * are small ASCII letters, digits, dots, dashes and underscores; of what some system
 * gives a meaning of its own ({@code con}, {@code nul} and the like, a dot at the begin)
 * the first character is encoded as well. An id whose name would be longer than a file's
 * may be is cut into directories, each of which has {@code ~} at the end of its name.
 */
final class BackupFile {

	private static final String ENDING = ".sqlite";

	private static final String CONTINUED = "~";

	private static final int LONGEST = 200;

	private static final Pattern SPECIAL = Pattern
		.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\\$|conout\\$)(\\..*)?|\\..*");

	private BackupFile() {
	}

	/**
	 * Return the path of an actor's backup, relative to the directory.
	 */
	static Path of(String actorId) {
		StringBuilder path = new StringBuilder();
		String rest = encode(actorId);
		while (rest.length() > LONGEST) {
			int cut = LONGEST;
			// not within the encoding of a byte
			while (rest.lastIndexOf('%', cut - 1) > cut - 3) {
				cut--;
			}
			path.append(name(rest.substring(0, cut))).append(CONTINUED).append('/');
			rest = rest.substring(cut);
		}
		return Path.of(path + name(rest) + ENDING);
	}

	private static String encode(String actorId) {
		StringBuilder encoded = new StringBuilder();
		for (byte b : actorId.getBytes(StandardCharsets.UTF_8)) {
			boolean plain = (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '.' || b == '-' || b == '_';
			encoded.append(plain ? String.valueOf((char) b) : encode(b));
		}
		return encoded.toString();
	}

	private static String encode(int b) {
		return "%%%02X".formatted(b & 0xff);
	}

	private static String name(String encoded) {
		return SPECIAL.matcher(encoded).matches() ? encode(encoded.charAt(0)) + encoded.substring(1) : encoded;
	}

	/**
	 * Return the actor whose backup a file is.
	 * @param path the file's path, relative to the directory
	 */
	static String actorId(Path path) {
		StringBuilder encoded = new StringBuilder();
		for (Path name : path) {
			String text = name.toString();
			String ending = text.endsWith(ENDING) ? ENDING : CONTINUED;
			if (!text.toLowerCase(Locale.ROOT).endsWith(ending)) {
				throw new IllegalArgumentException("'%s' is no backup of an actor".formatted(path));
			}
			encoded.append(text, 0, text.length() - ending.length());
		}
		return URLDecoder.decode(encoded.toString().replace("+", "%2B"), StandardCharsets.UTF_8);
	}

}
