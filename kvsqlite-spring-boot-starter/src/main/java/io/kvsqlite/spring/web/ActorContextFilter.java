package io.kvsqlite.spring.web;

import java.io.IOException;
import java.util.Optional;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.spring.routing.ActorContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Makes the actor of each request the {@linkplain ActorContext current one} while it is
 * handled, also when it comes back from asynchronous processing. The resolver is asked
 * once for each request: a session that is kept for as long as the request takes serves
 * one actor. An id that no actor can have is answered with status 400.
 */
public class ActorContextFilter extends OncePerRequestFilter {

	/**
	 * The attribute of a request that keeps its actor for further dispatches.
	 */
	private static final String RESOLVED = ActorContextFilter.class.getName() + ".RESOLVED";

	private final ActorResolver resolver;

	/**
	 * Create a filter.
	 * @param resolver finds the actor of a request
	 */
	public ActorContextFilter(ActorResolver resolver) {
		Assert.notNull(resolver, "'resolver' must not be null");
		this.resolver = resolver;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String actorId = resolve(request);
		if (actorId == null) {
			chain.doFilter(request, response);
			return;
		}
		try {
			ActorIds.utf8(actorId);
		}
		catch (IllegalArgumentException ex) {
			response.sendError(HttpServletResponse.SC_BAD_REQUEST, ex.getMessage());
			return;
		}
		filter(actorId, request, response, chain);
	}

	private @Nullable String resolve(HttpServletRequest request) {
		if (request.getAttribute(RESOLVED) instanceof Optional<?> resolved) {
			return (String) resolved.orElse(null);
		}
		String actorId = this.resolver.resolve(request);
		request.setAttribute(RESOLVED, Optional.ofNullable(actorId));
		return actorId;
	}

	private static void filter(String actorId, HttpServletRequest request, HttpServletResponse response,
			FilterChain chain) throws ServletException, IOException {
		ServletException[] failure = new ServletException[1];
		ActorContext.<Boolean, IOException>call(actorId, () -> {
			try {
				chain.doFilter(request, response);
				return true;
			}
			catch (ServletException ex) {
				failure[0] = ex;
				return false;
			}
		});
		if (failure[0] != null) {
			throw failure[0];
		}
	}

	@Override
	protected boolean shouldNotFilterAsyncDispatch() {
		return false;
	}

}
