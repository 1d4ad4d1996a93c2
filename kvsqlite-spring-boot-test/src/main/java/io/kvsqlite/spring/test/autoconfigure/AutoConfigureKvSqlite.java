package io.kvsqlite.spring.test.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * {@link ImportAutoConfiguration Auto-configuration imports} for tests of what uses
 * actors' databases, on a class with &#64;DataJdbcTest, &#64;DataJpaTest, &#64;JdbcTest,
 * &#64;MybatisTest or another slice that has a data source.
 *
 * <p>
 * The data source is that of the current actor, which
 * {@link io.kvsqlite.spring.test.WithActor} names, on a store in memory that each
 * application context has for itself; Spring Boot puts no embedded database in its place.
 * Migrations of actors run. It does so with the properties below, which come before those
 * of the application and after those of the test itself (the {@code properties} of its
 * annotations, or &#64;AutoConfigureTestDatabase with {@code replace}):
 *
 * <pre>
 * kvsqlite.enabled=true
 * kvsqlite.store.type=memory
 * kvsqlite.routing.enabled=true
 * spring.test.database.replace=none
 * </pre>
 *
 * <p>
 * Slices leave the application's components out: one that is an ActorInitializer or
 * customizes a database is brought with &#64;Import.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureKvSqlite {

}
