package io.kvsqlite.docs.readme;

import io.kvsqlite.spring.ActorDatabases;

import org.springframework.stereotype.Service;

/**
 * The service that the README begins with.
 */
@Service
class Notes {

	private final ActorDatabases databases;

	Notes(ActorDatabases databases) {
		this.databases = databases;
	}

	long count(String notebook) {
		return this.databases.jdbcClient(notebook).sql("SELECT count(*) FROM note").query(Long.class).single();
	}

}
