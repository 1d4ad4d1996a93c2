package io.kvsqlite.spring.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches when a kind of store is asked for by {@code kvsqlite.store.type}, or none is
 * and this one may be taken by default.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnStoreTypeCondition.class)
@interface ConditionalOnStoreType {

	/**
	 * Return the kind of store.
	 * @return the type
	 */
	StoreType value();

	/**
	 * Return whether this kind may be taken when none is asked for.
	 * @return whether it can be the default
	 */
	boolean byDefault() default true;

}
