package io.kvsqlite.docs.guide;

import java.util.List;

import io.kvsqlite.spring.ActorDatabases;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;

/**
 * The service of the guide to getting started.
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

	void add(String notebook, List<String> texts) {
		JdbcClient client = this.databases.jdbcClient(notebook);
		this.databases.transactionTemplate(notebook)
			.executeWithoutResult((status) -> texts
				.forEach((text) -> client.sql("INSERT INTO note (text) VALUES (?)").param(text).update()));
	}

}
