package io.kvsqlite.spring.routing;

import java.util.HashMap;
import java.util.Map;

import jakarta.persistence.EntityManagerFactory;

import org.springframework.orm.jpa.EntityManagerFactoryInfo;
import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * JPA sessions that are bound to a thread and belong to its current actor: of factories
 * on the routing data source, and of those that Hibernate opens for a tenant. Sessions of
 * an application's own database are left alone.
 */
final class JpaSessions {

	private static final String TENANTS = "hibernate.multi_tenant_connection_provider";

	private JpaSessions() {
	}

	/**
	 * Unbind them.
	 * @return what was bound, by its key
	 */
	static Map<Object, Object> unbind() {
		Map<Object, Object> unbound = new HashMap<>();
		Map.copyOf(TransactionSynchronizationManager.getResourceMap()).forEach((key, resource) -> {
			if (resource instanceof EntityManagerHolder && followsActor(key)) {
				unbound.put(key, TransactionSynchronizationManager.unbindResource(key));
			}
		});
		return unbound;
	}

	private static boolean followsActor(Object key) {
		return (key instanceof EntityManagerFactoryInfo info && info.getDataSource() instanceof ActorRoutingDataSource)
				|| (key instanceof EntityManagerFactory factory && factory.getProperties().get(TENANTS) != null);
	}

}
