package io.kvsqlite.sample;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Set;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Refuses what pages of other origins make a browser send, unless it only reads: there is
 * nobody to log in here, so whoever opens such a page would change notebooks for it.
 */
@Component
class OwnOriginFilter extends OncePerRequestFilter {

	private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

	private static final Set<String> OWN = Set.of("same-origin", "none");

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (READING.contains(request.getMethod()) || isOwn(request)) {
			chain.doFilter(request, response);
		}
		else {
			response.sendError(HttpStatus.FORBIDDEN.value(), "A page of another origin may not change anything");
		}
	}

	/**
	 * A browser says where a request comes from in one of two headers; other clients send
	 * neither.
	 */
	private static boolean isOwn(HttpServletRequest request) {
		List<String> sites = Collections.list(request.getHeaders("Sec-Fetch-Site"));
		if (!sites.isEmpty()) {
			return OWN.containsAll(sites);
		}
		UriComponentsBuilder own = UriComponentsBuilder.newInstance()
			.scheme(request.getScheme())
			.host(request.getServerName());
		boolean standard = request.getServerPort() == (request.isSecure() ? 443 : 80);
		String origin = (standard ? own : own.port(request.getServerPort())).toUriString();
		return Collections.list(request.getHeaders("Origin")).stream().allMatch(origin::equalsIgnoreCase);
	}

}
