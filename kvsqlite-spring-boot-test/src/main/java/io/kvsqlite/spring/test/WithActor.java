package io.kvsqlite.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The current actor of a test method, or of each test method of a class.
 *
 * <p>
 * It is current from before the test's transaction begins, if it has one, until after
 * that ended: in what runs before and after each test method and in scripts of &#64;Sql
 * for a method as well, but not in what runs before and after all, and as anywhere not in
 * other threads. So &#64;Transactional on a test rolls back in this actor.
 *
 * <p>
 * The one of a method comes before the one of its class. It is found on overridden
 * methods, on superclasses, interfaces and enclosing classes (as long as these have their
 * say, see {@link org.springframework.test.context.NestedTestConfiguration}) and on
 * annotations. The test has to run with Spring's TestContext framework, with whose
 * default listeners it comes.
 *
 * <p>
 * A test whose actor cannot be determined fails before it begins.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface WithActor {

	/**
	 * The actor's id: at most 256 bytes in UTF-8, which may have placeholders
	 * (<code>${...}</code>) of the environment. By default each test has an actor of its
	 * own, whose id is random and whose database is new;
	 * {@link io.kvsqlite.spring.routing.ActorContext#required()} tells it.
	 * @return the id, empty for a random one
	 */
	String value() default "";

}
