package io.kvsqlite.spring.routing;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.jdbc.ConnectionScope;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.aop.TargetSource;
import org.springframework.util.ConcurrentReferenceHashMap;

/**
 * Tells whether a data source leads to the routing one, through whatever stands before
 * it, or is that which the routing one uses for an actor. Whoever keeps to JDBC's
 * {@link java.sql.Wrapper} says so. For a wrapper that does not, its fields are looked
 * through for the data sources that it holds; that is done once for each.
 */
final class RoutingReach {

	private static final Logger logger = LoggerFactory.getLogger(RoutingReach.class);

	private static final int MOST_STEPS = 64;

	private static final Map<DataSource, Boolean> searched = new ConcurrentReferenceHashMap<>(16,
			ConcurrentReferenceHashMap.ReferenceType.WEAK);

	private RoutingReach() {
	}

	/**
	 * Return whether connections of a data source are those of the routing one.
	 */
	static boolean reaches(DataSource dataSource) {
		return dataSource instanceof ActorRoutingDataSource || dataSource instanceof NoActorDataSource
				|| says(dataSource) || searched.computeIfAbsent(dataSource, RoutingReach::search);
	}

	/**
	 * Return whether a data source is that of an actor, with a scope or without.
	 */
	static boolean isActor(DataSource dataSource) {
		return ask(dataSource, (asked) -> asked.isWrapperFor(ActorDataSourceFactory.class));
	}

	private static boolean says(DataSource dataSource) {
		return ask(dataSource,
				(asked) -> asked.isWrapperFor(ActorRoutingDataSource.class)
						|| (asked.isWrapperFor(ConnectionScope.class)
								&& asked.unwrap(ConnectionScope.class) instanceof ActorScope));
	}

	private static boolean ask(DataSource dataSource, Question question) {
		try {
			return question.ask(dataSource);
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("Could not ask {} what it wraps", dataSource, ex);
			return false;
		}
	}

	private static boolean search(DataSource dataSource) {
		return search(dataSource, Collections.newSetFromMap(new IdentityHashMap<>()));
	}

	private static boolean search(Object holder, Set<Object> seen) {
		if (holder instanceof ActorRoutingDataSource) {
			return true;
		}
		if (seen.size() >= MOST_STEPS || !seen.add(holder)) {
			return false;
		}
		if (holder instanceof DataSource source && says(source)) {
			return true;
		}
		if (Proxy.isProxyClass(holder.getClass())) {
			return search(Proxy.getInvocationHandler(holder), seen);
		}
		for (Class<?> type = holder.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
			for (Field field : type.getDeclaredFields()) {
				Object value = value(field, holder);
				if ((value instanceof DataSource || value instanceof InvocationHandler || value instanceof TargetSource)
						&& search(value, seen)) {
					return true;
				}
			}
		}
		return false;
	}

	private static @Nullable Object value(Field field, Object holder) {
		if (field.getType().isPrimitive() || Modifier.isStatic(field.getModifiers())) {
			return null;
		}
		try {
			field.setAccessible(true);
			return field.get(holder);
		}
		catch (IllegalAccessException | InaccessibleObjectException ex) {
			logger.trace("Could not read {}", field, ex);
			return null;
		}
	}

	@FunctionalInterface
	private interface Question {

		boolean ask(DataSource dataSource) throws SQLException;

	}

}
