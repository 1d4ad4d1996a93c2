package io.kvsqlite.kv;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Where a store is, as text: {@code rocksdb:/var/lib/app}, {@code redis://host:6379},
 * {@code postgresql://host/database?user=app}. What stands behind the question mark are
 * parameters, percent-encoded. Passwords are not part of {@link #toString()}.
 *
 * @param scheme the part before the first colon, in lower case
 * @param location the part behind it, up to the question mark
 * @param parameters what stands behind the question mark, decoded, in order
 */
public record KvStoreUrl(String scheme, String location, Map<String, String> parameters) {

	private static final String REPLACEMENT = "\uFFFD";

	private static final Pattern URL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):([^?]*)(?:\\?(.*))?", Pattern.DOTALL);

	private static final Pattern USER_INFO = Pattern.compile("^//[^/@]*@");

	public KvStoreUrl {
		parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

	/**
	 * Parse a URL.
	 * @param url the text
	 * @return its parts
	 * @throws IllegalArgumentException if it is malformed
	 */
	public static KvStoreUrl parse(String url) {
		Matcher matcher = URL.matcher(url);
		if (!matcher.matches() || matcher.group(2).isEmpty()) {
			throw new IllegalArgumentException("A store's URL must look like rocksdb:/directory, redis://host:6379 or "
					+ "postgresql://host/database, but is '%s'".formatted(hidden(url)));
		}
		Map<String, String> parameters = new LinkedHashMap<>();
		String query = matcher.group(3);
		if (query != null && !query.isEmpty()) {
			for (String part : query.split("&")) {
				int equals = part.indexOf('=');
				if (equals < 1) {
					throw new IllegalArgumentException(
							"A URL's parameters must look like name=value, but one is '%s'".formatted(hidden(part)));
				}
				String name = decode(part.substring(0, equals));
				if (parameters.put(name, decode(part.substring(equals + 1))) != null) {
					throw new IllegalArgumentException("A URL has the parameter '%s' twice".formatted(name));
				}
			}
		}
		return new KvStoreUrl(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2), parameters);
	}

	private static String hidden(String url) {
		return url.replaceAll("//[^/@]*@", "//***@").replaceAll("(?i)(password=)[^&]*", "$1***");
	}

	private static String decode(String text) {
		try {
			String decoded = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
			if (decoded.contains(REPLACEMENT) && !text.contains(REPLACEMENT)
					&& !text.toUpperCase(Locale.ROOT).contains("%EF%BF%BD")) {
				throw new IllegalArgumentException("its bytes are not UTF-8");
			}
			return decoded;
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(
					"'%s' in a URL is not percent-encoded: %s".formatted(hidden(text), ex.getMessage()), ex);
		}
	}

	/**
	 * Return a parameter.
	 * @param name its name
	 * @return its value, or {@code null} if there is none
	 */
	public @Nullable String parameter(String name) {
		return this.parameters.get(name);
	}

	/**
	 * Return the same URL without a parameter.
	 * @param name its name
	 * @return a URL
	 */
	public KvStoreUrl without(String name) {
		Map<String, String> rest = new LinkedHashMap<>(this.parameters);
		rest.remove(name);
		return new KvStoreUrl(this.scheme, this.location, rest);
	}

	/**
	 * Return the same URL with a parameter.
	 * @param name its name
	 * @param value its value
	 * @return a URL
	 */
	public KvStoreUrl with(String name, String value) {
		Map<String, String> more = new LinkedHashMap<>(this.parameters);
		more.put(name, value);
		return new KvStoreUrl(this.scheme, this.location, more);
	}

	/**
	 * Return the whole, passwords included.
	 * @return the URL, its parameters encoded
	 */
	public String toUrl() {
		StringBuilder url = new StringBuilder(this.scheme).append(':').append(this.location);
		char separator = '?';
		for (Map.Entry<String, String> parameter : this.parameters.entrySet()) {
			url.append(separator).append(encode(parameter.getKey())).append('=').append(encode(parameter.getValue()));
			separator = '&';
		}
		return url.toString();
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
	}

	/**
	 * Return the scheme and the location, without users, passwords and parameters.
	 * @return text for messages
	 */
	@Override
	public String toString() {
		return this.scheme + ":" + USER_INFO.matcher(this.location).replaceFirst("//");
	}

}
