package io.kvsqlite.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.KvSqliteJdbcAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.routing.KvSqliteRoutingAutoConfiguration;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.web.ActorContextFilter;
import io.kvsqlite.spring.web.ActorResolver;
import jakarta.servlet.ServletException;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ActorContextFilter} and {@link ActorContext}.
 */
class ActorContextFilterTests {

	private final ActorContextFilter filter = new ActorContextFilter((request) -> request.getHeader("X-Actor"));

	private final List<String> seen = new ArrayList<>();

	private MockHttpServletResponse send(String actorId) throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		if (actorId != null) {
			request.addHeader("X-Actor", actorId);
		}
		MockHttpServletResponse response = new MockHttpServletResponse();
		this.filter.doFilter(request, response, (in, out) -> this.seen.add(ActorContext.current().orElse("nobody")));
		return response;
	}

	@Test
	void requestShouldBeHandledWithItsActor() throws Exception {
		send("a");
		send(null);
		send("b");
		assertThat(this.seen).containsExactly("a", "nobody", "b");
		assertThat(ActorContext.current()).isEmpty();
	}

	/**
	 * As after asynchronous processing, where the resolver might find somebody else.
	 */
	@Test
	void requestShouldKeepItsActorWhenItIsDispatchedAgain() throws Exception {
		for (String first : new String[] { "a", null }) {
			MockHttpServletRequest request = new MockHttpServletRequest();
			for (String actorId : new String[] { first, "b" }) {
				request.removeHeader("X-Actor");
				if (actorId != null) {
					request.addHeader("X-Actor", actorId);
				}
				this.filter.doFilter(request, new MockHttpServletResponse(),
						(in, out) -> this.seen.add(ActorContext.current().orElse("nobody")));
			}
		}
		assertThat(this.seen).containsExactly("a", "a", "nobody", "nobody");
	}

	@Test
	void requestOfAnImpossibleActorShouldBeRefused() throws Exception {
		assertThat(send("").getStatus()).isEqualTo(400);
		assertThat(send("x".repeat(257)).getErrorMessage()).contains("at most 256");
		assertThat(this.seen).isEmpty();
	}

	@Test
	void requestThatFailsShouldLeaveNoActorBehind() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.addHeader("X-Actor", "a");
		assertThatExceptionOfType(ServletException.class)
			.isThrownBy(() -> this.filter.doFilter(request, new MockHttpServletResponse(), (in, out) -> {
				throw new ServletException("on purpose");
			}))
			.withMessage("on purpose");
		assertThat(ActorContext.current()).isEmpty();
	}

	@Test
	void filterShouldBeThereWhenThereIsAResolver() {
		WebApplicationContextRunner runner = new WebApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class,
					KvSqliteJdbcAutoConfiguration.class, KvSqliteRoutingAutoConfiguration.class))
			.withPropertyValues("kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true");
		runner.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ActorContextFilter.class));
		runner.withBean(ActorResolver.class, () -> (request) -> "a")
			.run((context) -> assertThat(context).hasSingleBean(ActorContextFilter.class));
	}

	@Test
	void scopesShouldNestAndEnd() throws Exception {
		Callable<String> current = () -> ActorContext.current().orElse("nobody");
		ActorContext.run("a", () -> {
			assertThat(ActorContext.required()).isEqualTo("a");
			ActorContext.run("b", () -> assertThat(ActorContext.required()).isEqualTo("b"));
			ActorContext.run("a", () -> assertThat(ActorContext.required()).isEqualTo("a"));
			assertThat(ActorContext.required()).isEqualTo("a");
		});
		assertThat(current.call()).isEqualTo("nobody");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(ActorContext::required)
			.withMessageContaining("ActorContext.call");
	}

}
