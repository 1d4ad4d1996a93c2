package io.kvsqlite.spring.web;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Finds the actor of an HTTP request: in its path, a header, or who is logged in. A bean
 * of this type makes the actor current while the request is handled.
 */
@FunctionalInterface
public interface ActorResolver {

	/**
	 * Return the actor of a request.
	 * @param request the request
	 * @return the actor's id, {@code null} if the request has none
	 */
	@Nullable String resolve(HttpServletRequest request);

}
