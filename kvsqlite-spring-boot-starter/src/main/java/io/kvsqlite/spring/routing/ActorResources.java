package io.kvsqlite.spring.routing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.ResourceHolderSupport;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * What frameworks have bound to the current thread and got through the routing data
 * source, so that it belongs to the actor that was current then, or to none: JDBC
 * connections, JPA and Hibernate sessions, MyBatis sessions.
 *
 * <p>
 * Each is told by what it is bound under: a data source, or a factory on one, that
 * {@linkplain RoutingReach leads} to the routing data source. What an explicit handle has
 * bound stays where it is: it is found under its actor alone, which its user names.
 */
final class ActorResources {

	private static final Logger logger = LoggerFactory.getLogger(ActorResources.class);

	private static final boolean jpaPresent = isPresent("jakarta.persistence.EntityManagerFactory")
			&& isPresent("org.springframework.orm.jpa.EntityManagerHolder");

	private static final boolean myBatisPresent = isPresent("org.apache.ibatis.session.SqlSessionFactory");

	private ActorResources() {
	}

	private static boolean isPresent(String className) {
		return ClassUtils.isPresent(className, ActorResources.class.getClassLoader());
	}

	/**
	 * Return what is bound now.
	 * @return the resources by the keys that they are bound under
	 */
	static Map<Object, Object> bound() {
		return bound((key, resource) -> belongsToActor(key));
	}

	/**
	 * Return what is bound now of actors, and what explicit handles have bound since.
	 * @param before what was bound before
	 * @return the resources by the keys that they are bound under
	 */
	static Map<Object, Object> boundSince(Set<Object> before) {
		return bound((key, resource) -> belongsToActor(key) || (!before.contains(resource)
				&& key instanceof DataSource dataSource && RoutingReach.isActor(dataSource)));
	}

	private static Map<Object, Object> bound(BiPredicate<Object, Object> included) {
		Map<Object, Object> all = TransactionSynchronizationManager.getResourceMap();
		if (all.isEmpty()) {
			return Map.of();
		}
		Map<Object, Object> found = new LinkedHashMap<>();
		all.forEach((key, resource) -> {
			if (included.test(key, resource)) {
				found.put(key, resource);
			}
		});
		return found;
	}

	private static boolean belongsToActor(Object key) {
		if (key instanceof DataSource dataSource) {
			return RoutingReach.reaches(dataSource);
		}
		return (jpaPresent && JpaSessions.followsActor(key)) || (myBatisPresent && MyBatisSessions.followsActor(key));
	}

	private static @Nullable Connection connection(ConnectionHolder holder) {
		return (holder.getConnectionHandle() != null) ? holder.getConnection() : null;
	}

	/**
	 * Return whether a resource is in a transaction. One that cannot tell is taken to be.
	 */
	static boolean isInTransaction(Object resource) {
		if (resource instanceof ConnectionHolder holder) {
			return isInTransaction(connection(holder));
		}
		if (jpaPresent) {
			Boolean joined = JpaSessions.isInTransaction(resource);
			if (joined != null) {
				return joined;
			}
		}
		return resource instanceof ResourceHolderSupport holder && holder.isSynchronizedWithTransaction();
	}

	private static boolean isInTransaction(@Nullable Connection connection) {
		try {
			return connection != null && !connection.isClosed() && !connection.getAutoCommit();
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("Could not ask {} for a transaction", connection, ex);
			return true;
		}
	}

	/**
	 * Close what was bound and not given back.
	 */
	static void close(Object key, Object resource) {
		logger.warn("Closing {}, which was bound to the thread in the scope of an actor and not unbound in it",
				resource);
		try {
			if (resource instanceof ConnectionHolder holder) {
				Connection connection = connection(holder);
				if (connection != null) {
					connection.close();
				}
			}
			else if (jpaPresent) {
				JpaSessions.close(resource);
			}
		}
		catch (SQLException | RuntimeException ex) {
			logger.warn("Could not close {}, bound under {}", resource, key, ex);
		}
	}

}
