package io.kvsqlite.spring.autoconfigure;

import java.util.Locale;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to add for a store that cannot be configured.
 */
class MissingStoreFailureAnalyzer extends AbstractFailureAnalyzer<MissingStoreException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, MissingStoreException cause) {
		StoreType type = cause.type();
		if (type == null) {
			return new FailureAnalysis(
					"kvsqlite has no store for the actors' databases: the library of none is on the class path.",
					"Add org.rocksdb:rocksdbjni for a store in a directory, "
							+ "org.springframework.boot:spring-boot-starter-data-redis for Redis, or "
							+ "org.springframework.boot:spring-boot-starter-jdbc with org.postgresql:postgresql for PostgreSQL; "
							+ "or define a bean of type io.kvsqlite.kv.KvStore.",
					cause);
		}
		String name = type.name().toLowerCase(Locale.ROOT);
		return new FailureAnalysis("The property kvsqlite.store.type is '%s', but %s.".formatted(name, missing(type)),
				"%s, or choose another kvsqlite.store.type.".formatted(action(type)), cause);
	}

	private static String missing(StoreType type) {
		return switch (type) {
			case MEMORY -> "it could not be configured";
			case ROCKSDB -> "RocksDB is not on the class path";
			case REDIS -> "Lettuce and Spring Boot's connection details for Redis are not there";
			case POSTGRESQL -> "there is no DataSource for it";
		};
	}

	private static String action(StoreType type) {
		return switch (type) {
			case MEMORY -> "See the condition evaluation report";
			case ROCKSDB -> "Add org.rocksdb:rocksdbjni";
			case REDIS -> "Add org.springframework.boot:spring-boot-starter-data-redis";
			case POSTGRESQL -> "Add org.springframework.boot:spring-boot-starter-jdbc and org.postgresql:postgresql, "
					+ "and set spring.datasource.url";
		};
	}

}
