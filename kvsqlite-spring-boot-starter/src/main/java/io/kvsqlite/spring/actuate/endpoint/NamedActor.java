package io.kvsqlite.spring.actuate.endpoint;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.kvsqlite.kv.ActorIds;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * The actor that a request names, in its path or as the parameter {@value #PARAMETER}.
 *
 * <p>
 * What Actuator hands to an operation is not what was asked for: empty segments, a slash
 * at the end and parameters of a segment are gone, parameters of the query take the place
 * of what is in the path, several values of one are joined. So the request itself is
 * looked at. A path counts if it can be read in one way only; every id can be a
 * parameter. What is ambiguous is refused. Beyond that, a request that writes must not
 * come from a page of another origin.
 */
final class NamedActor {

	/**
	 * The parameter that names an actor.
	 */
	static final String PARAMETER = "actor";

	private static final boolean SERVLET = ClassUtils.isPresent("jakarta.servlet.http.HttpServletRequest",
			NamedActor.class.getClassLoader())
			&& ClassUtils.isPresent("org.springframework.web.context.request.RequestContextHolder",
					NamedActor.class.getClassLoader());

	private NamedActor() {
	}

	/**
	 * Return the actor that a path names.
	 * @param segments what Actuator found in it
	 * @throws InvalidEndpointRequestException if the path is ambiguous, or no id
	 */
	static String inPath(String... segments) {
		if (SERVLET) {
			Request.requireUnambiguous(segments);
		}
		return valid(String.join("/", segments));
	}

	/**
	 * Return the actor that a parameter, or a field of a body, names.
	 * @param name the name of the parameter
	 * @param value what Actuator found there
	 * @param operation the operation that the path names, {@code null} if it names none
	 * @throws InvalidEndpointRequestException if it is absent, ambiguous, or no id
	 */
	static String inParameter(String name, @Nullable Object value, @Nullable String operation) {
		if (!(value instanceof String id)) {
			throw refused("'%s' must name one actor".formatted(name));
		}
		if (SERVLET) {
			Request.requireOne(name, id, operation);
		}
		return valid(id);
	}

	/**
	 * Refuse a request that a page of another origin makes a browser send.
	 * @throws InvalidEndpointRequestException if this is one
	 */
	static void requireSameOrigin() {
		if (SERVLET) {
			Request.requireSameOrigin();
		}
	}

	private static String valid(String id) {
		try {
			ActorIds.utf8(id);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointRequestException(String.valueOf(ex.getMessage()), "no actor can have this id");
		}
		return id;
	}

	private static InvalidEndpointRequestException refused(String message) {
		return new InvalidEndpointRequestException(message, message);
	}

	/**
	 * The request as it arrived, where there is one and servlets are there.
	 */
	private static final class Request {

		private static final Set<String> SAME_ORIGIN = Set.of("same-origin", "none");

		static void requireUnambiguous(String[] segments) {
			HttpServletRequest request = current();
			if (request == null) {
				return;
			}
			List<String> pieces = new ArrayList<>();
			for (String piece : request.getRequestURI().substring(1).split("/", -1)) {
				String decoded = decode(piece, false);
				if (piece.isEmpty() || piece.indexOf(';') >= 0 || decoded.equals(".") || decoded.equals("..")
						|| decoded.indexOf('/') >= 0) {
					throw ambiguous();
				}
				pieces.add(decoded);
			}
			int from = pieces.size() - segments.length;
			if (from < 1 || !pieces.subList(from, pieces.size()).equals(List.of(segments))
					|| request.getParameterMap().containsKey(PARAMETER)
					|| request.getParameterMap().containsKey("operation")) {
				throw ambiguous();
			}
		}

		private static InvalidEndpointRequestException ambiguous() {
			return refused("The path does not name one actor without doubt; use the parameter '%s' instead"
				.formatted(PARAMETER));
		}

		static void requireOne(String name, String id, @Nullable String operation) {
			HttpServletRequest request = current();
			if (request == null) {
				return;
			}
			String query = request.getQueryString();
			List<String> found = new ArrayList<>();
			for (String part : (query != null) ? query.split("&") : new String[0]) {
				int equals = part.indexOf('=');
				if (decode((equals >= 0) ? part.substring(0, equals) : part, true).equals(name)) {
					found.add(decode((equals >= 0) ? part.substring(equals + 1) : "", true));
				}
			}
			boolean inQuery = request.getParameterMap().containsKey(name) || !found.isEmpty();
			// a body names it too, and Actuator would take the query's
			boolean twice = inQuery && request.getMethod().equals("POST");
			String path = request.getRequestURI();
			boolean other = operation != null && !path.endsWith("/" + operation);
			if ((inQuery && !found.equals(List.of(id))) || twice || other || path.indexOf(';') >= 0
					|| path.contains("//") || path.endsWith("/")) {
				throw refused("'%s' does not name one actor without doubt".formatted(name));
			}
		}

		/**
		 * Decode strictly: what is no UTF-8 would otherwise come out the same as
		 * something else.
		 */
		private static String decode(String text, boolean query) {
			ByteBuffer bytes = ByteBuffer.allocate(3 * text.length());
			for (int i = 0; i < text.length(); i++) {
				char c = text.charAt(i);
				if (c == '%' && i + 2 < text.length() && Character.digit(text.charAt(i + 1), 16) >= 0
						&& Character.digit(text.charAt(i + 2), 16) >= 0) {
					bytes.put((byte) Integer.parseInt(text.substring(i + 1, i + 3), 16));
					i += 2;
				}
				else if (c == '%' || c > '~') {
					throw refused("The address is not encoded as it should be");
				}
				else {
					bytes.put((byte) ((query && c == '+') ? ' ' : c));
				}
			}
			try {
				return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
			}
			catch (CharacterCodingException ex) {
				throw refused("The address is not encoded as UTF-8");
			}
		}

		/**
		 * A browser says where a request comes from in one of two headers; other clients
		 * send neither.
		 */
		static void requireSameOrigin() {
			HttpServletRequest request = current();
			if (request == null) {
				return;
			}
			List<String> sites = values(request, "Sec-Fetch-Site");
			List<String> origins = values(request, "Origin");
			boolean same = sites.isEmpty() ? origins.stream().allMatch((origin) -> isOf(origin, request))
					: SAME_ORIGIN.containsAll(sites);
			if (!same) {
				throw refused("A page of another origin may not change anything");
			}
		}

		private static List<String> values(HttpServletRequest request, String header) {
			return Collections.list(request.getHeaders(header));
		}

		private static boolean isOf(String origin, HttpServletRequest request) {
			try {
				URI uri = new URI(origin);
				String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
				int standard = scheme.equals("https") ? 443 : 80;
				int port = (uri.getPort() >= 0) ? uri.getPort() : standard;
				return scheme.equals(request.getScheme()) && request.getServerName().equalsIgnoreCase(uri.getHost())
						&& port == request.getServerPort();
			}
			catch (URISyntaxException ex) {
				return false;
			}
		}

		private static @Nullable HttpServletRequest current() {
			return (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes)
					? attributes.getRequest() : null;
		}

	}

}
