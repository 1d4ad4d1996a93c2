package io.kvsqlite.spring.test.library;

import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.test.WithActor;
import io.kvsqlite.spring.test.autoconfigure.AutoConfigureKvSqlite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jdbc.test.autoconfigure.DataJdbcTest;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.TestExecutionListener;
import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The beginnings and ends of tests, called as JUnit's extension calls them: tests that
 * fail, and several at once.
 */
class WithActorListenerTests {

	@AfterEach
	void thereShouldBeNoActor() {
		assertThat(ActorContext.current()).isEmpty();
	}

	/**
	 * One test method from before it until after it.
	 */
	private static <T> T run(Class<?> type, String method, Callable<T> test, TestExecutionListener... further)
			throws Exception {
		TestContextManager manager = new TestContextManager(type);
		manager.registerTestExecutionListeners(further);
		Object instance = type.getDeclaredConstructor().newInstance();
		Method declared = type.getDeclaredMethod(method);
		manager.prepareTestInstance(instance);
		try {
			manager.beforeTestMethod(instance, declared);
			return test.call();
		}
		finally {
			manager.afterTestMethod(instance, declared, null);
		}
	}

	private static long count(TestContext test) {
		return count(test.getApplicationContext().getBean(JdbcOperations.class));
	}

	private static long count(JdbcOperations operations) {
		Long count = operations.queryForObject("SELECT count(*) FROM book", Long.class);
		return (count != null) ? count : -1;
	}

	@Test
	void forgottenActorShouldBeNamedWhereATransactionBegins() {
		assertThatException().isThrownBy(() -> run(Forgetful.class, "inTransaction", () -> true))
			.havingRootCause()
			.withMessageContaining("No actor is bound to this thread")
			.withMessageContaining("ActorContext.call(actorId")
			.withMessageContaining("@WithActor");
	}

	@Test
	void forgottenActorShouldBeNamedWhereSqlRuns() throws Exception {
		TestExecutionListener sql = new TestExecutionListener() {

			@Override
			public void beforeTestMethod(TestContext test) {
				assertThatException().isThrownBy(() -> count(test))
					.havingRootCause()
					.withMessageContaining("ActorContext.call(actorId")
					.withMessageContaining("@WithActor");
			}

		};
		assertThat(run(Forgetful.class, "withoutTransaction", () -> true, sql)).isTrue();
	}

	static Stream<String> wrong() {
		return Stream.of("unresolved", "empty", "tooLong", "notUnicode");
	}

	@ParameterizedTest
	@MethodSource("wrong")
	void wrongActorShouldFailTheTestAndNameThePlace(String method) {
		assertThatIllegalArgumentException().isThrownBy(() -> run(Wrong.class, method, () -> true))
			.withMessageContaining("names no actor")
			.withMessageContaining(Wrong.class.getName() + "." + method);
	}

	@Test
	void actorShouldEndWhenALaterBeginningFails() {
		TestExecutionListener failing = new TestExecutionListener() {

			@Override
			public void beforeTestMethod(TestContext test) {
				assertThat(ActorContext.current()).contains("parallel");
				throw new IllegalStateException("on purpose");
			}

		};
		assertThatIllegalStateException().isThrownBy(() -> run(OnJdbc.class, "fixed", () -> true, failing))
			.withMessage("on purpose");
	}

	@Test
	void actorShouldEndWhenTheTestFails() {
		assertThatIllegalStateException().isThrownBy(() -> run(OnJdbc.class, "fixed", () -> {
			throw new IllegalStateException("on purpose");
		})).withMessage("on purpose");
	}

	@Test
	void actorShouldEndWhenTheTestEndedItsTransactionItself() throws Exception {
		assertThat(run(OnJdbc.class, "fixed", () -> {
			TestTransaction.end();
			return ActorContext.required();
		})).isEqualTo("parallel");
	}

	@Test
	void testsWithoutAnActorsNameShouldHaveDifferentOnes() throws Exception {
		Set<String> seen = new HashSet<>();
		for (int i = 0; i < 3; i++) {
			assertThat(seen.add(run(OnJdbc.class, "random", ActorContext::required))).isTrue();
		}
	}

	/**
	 * Both have the same actor, in one context and in two.
	 */
	@ParameterizedTest
	@MethodSource("pairs")
	void testsAtOnceShouldEachHaveTheirOwn(Class<?> one, String oneMethod, Class<?> two, String twoMethod)
			throws Exception {
		CyclicBarrier barrier = new CyclicBarrier(2);
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			List<Future<Long>> counts = List.of(threads.submit(() -> atOnce(one, oneMethod, barrier)),
					threads.submit(() -> atOnce(two, twoMethod, barrier)));
			for (Future<Long> count : counts) {
				assertThat(count.get(1, TimeUnit.MINUTES)).isEqualTo(1);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	static Stream<Arguments> pairs() {
		return Stream.of(Arguments.of(OnJdbc.class, "fixed", OnDataJdbc.class, "fixed"),
				Arguments.of(OnJdbc.class, "random", OnJdbc.class, "random"),
				Arguments.of(OnJdbc.class, "fixed", OnJdbc.class, "random"));
	}

	private static long atOnce(Class<?> type, String method, CyclicBarrier barrier) throws Exception {
		JdbcOperations[] operations = new JdbcOperations[1];
		TestExecutionListener getter = new TestExecutionListener() {

			@Override
			public void prepareTestInstance(TestContext test) {
				operations[0] = test.getApplicationContext().getBean(JdbcOperations.class);
			}

		};
		return run(type, method, () -> {
			operations[0].update("INSERT INTO book (title) VALUES (?)", Thread.currentThread().getName());
			barrier.await(1, TimeUnit.MINUTES);
			long count = count(operations[0]);
			barrier.await(1, TimeUnit.MINUTES);
			return count;
		}, getter);
	}

	@JdbcTest
	@AutoConfigureKvSqlite
	static class Forgetful {

		void inTransaction() {
		}

		@Transactional(propagation = Propagation.NOT_SUPPORTED)
		void withoutTransaction() {
		}

	}

	@JdbcTest
	@AutoConfigureKvSqlite
	static class Wrong {

		@WithActor("${library.unknown}")
		void unresolved() {
		}

		@WithActor("${library.empty}")
		void empty() {
		}

		@WithActor("123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
				+ "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
				+ "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 ")
		void tooLong() {
		}

		@WithActor("\ud800")
		void notUnicode() {
		}

	}

	@JdbcTest
	@AutoConfigureKvSqlite
	@WithActor("parallel")
	static class OnJdbc {

		@Autowired
		JdbcOperations operations;

		void fixed() {
		}

		@WithActor
		void random() {
		}

	}

	@DataJdbcTest
	@AutoConfigureKvSqlite
	@WithActor("parallel")
	static class OnDataJdbc {

		void fixed() {
		}

	}

}
