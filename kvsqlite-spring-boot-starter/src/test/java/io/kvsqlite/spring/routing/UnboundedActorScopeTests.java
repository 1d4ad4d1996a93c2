package io.kvsqlite.spring.routing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Scopes that begin and end in callbacks, in whatever order these come.
 */
class UnboundedActorScopeTests {

	@AfterEach
	void thereShouldBeNoActor() {
		assertThat(ActorContext.current()).isEmpty();
	}

	@Test
	void actorShouldBeCurrentUntilTheClose() {
		UnboundedActorScope scope = UnboundedActorScope.open("a");
		assertThat(ActorContext.current()).contains("a");
		ActorContext.run("b", () -> assertThat(ActorContext.current()).contains("b"));
		assertThat(ActorContext.current()).contains("a");
		scope.close();
	}

	@Test
	void sameActorShouldStayTheCurrentOneAfterTheClose() {
		ActorContext.run("a", () -> {
			UnboundedActorScope.open("a").close();
			assertThat(ActorContext.current()).contains("a");
		});
	}

	@Test
	void wrongActorShouldChangeNothing() {
		assertThatIllegalArgumentException().isThrownBy(() -> UnboundedActorScope.open(""));
		assertThatIllegalArgumentException().isThrownBy(() -> UnboundedActorScope.open(null));
	}

	@Test
	void secondCloseShouldFail() {
		UnboundedActorScope scope = UnboundedActorScope.open("a");
		scope.close();
		assertThatIllegalStateException().isThrownBy(scope::close)
			.withMessage("The scope of actor 'a' is not open on this thread, where no actor is");
	}

	@Test
	void closeOfAnotherThreadShouldFailAndChangeNothing() {
		UnboundedActorScope scope = UnboundedActorScope.open("a");
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> CompletableFuture.runAsync(scope::close).join())
			.withCauseInstanceOf(IllegalStateException.class);
		assertThat(ActorContext.current()).contains("a");
		scope.close();
	}

	@Test
	void scopeThatWasLeftOpenWithinShouldEndAsWellAndBeReported() {
		UnboundedActorScope outer = UnboundedActorScope.open("a");
		UnboundedActorScope.open("b");
		UnboundedActorScope.open("c");
		assertThatIllegalStateException().isThrownBy(outer::close)
			.withMessage("The scope of actor 'c' was left open in that of actor 'a'")
			.satisfies((ex) -> assertThat(ex.getSuppressed()).hasSize(1));
	}

}
