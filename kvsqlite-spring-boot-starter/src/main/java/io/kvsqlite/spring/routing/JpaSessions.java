package io.kvsqlite.spring.routing;

import java.util.Collection;

import javax.sql.DataSource;

import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.orm.jpa.EntityManagerFactoryInfo;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.EntityManagerHolder;

/**
 * JPA and Hibernate sessions that are bound to a thread: of factories on the routing data
 * source, and of those that open a session for a tenant. Sessions of an application's own
 * database are left alone.
 */
final class JpaSessions {

	private static final String TENANTS = "hibernate.multi_tenant_connection_provider";

	private JpaSessions() {
	}

	/**
	 * Return whether the sessions that are bound under a key are those of actors.
	 */
	static boolean followsActor(Object key) {
		if (key instanceof EntityManager session) {
			return session.isOpen() && followsActor(session.getEntityManagerFactory());
		}
		return key instanceof EntityManagerFactory factory && followsActor(factory);
	}

	private static boolean followsActor(EntityManagerFactory factory) {
		if (factory instanceof EntityManagerFactoryInfo info && info.getDataSource() != null
				&& RoutingReach.reaches(info.getDataSource())) {
			return true;
		}
		return factory.isOpen()
				&& (factory.getProperties().get(TENANTS) != null || anyReaches(factory.getProperties().values()));
	}

	private static boolean anyReaches(Collection<?> values) {
		return values.stream().anyMatch((value) -> value instanceof DataSource source && RoutingReach.reaches(source));
	}

	/**
	 * Return whether a session is in a transaction.
	 * @return the answer, {@code null} if it is no session
	 */
	static @Nullable Boolean isInTransaction(Object resource) {
		return (resource instanceof EntityManagerHolder holder) ? holder.getEntityManager().isJoinedToTransaction()
				: null;
	}

	static void close(Object resource) {
		if (resource instanceof EntityManagerHolder holder) {
			EntityManagerFactoryUtils.closeEntityManager(holder.getEntityManager());
		}
	}

}
