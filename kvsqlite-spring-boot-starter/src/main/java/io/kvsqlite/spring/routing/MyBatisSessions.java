package io.kvsqlite.spring.routing;

import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.SqlSessionFactory;

/**
 * MyBatis sessions that are bound to a thread, of factories on the routing data source.
 */
final class MyBatisSessions {

	private MyBatisSessions() {
	}

	/**
	 * Return whether the sessions that are bound under a key are those of actors.
	 */
	static boolean followsActor(Object key) {
		if (key instanceof SqlSessionFactory factory) {
			Environment environment = factory.getConfiguration().getEnvironment();
			return environment != null && RoutingReach.reaches(environment.getDataSource());
		}
		return false;
	}

}
