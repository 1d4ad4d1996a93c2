package io.kvsqlite.spring.autoconfigure;

import java.util.Locale;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.util.unit.DataSize;

/**
 * Says once, when the application has started, which store keeps actors' databases, where
 * and how durably; and warns where a server was configured and the embedded store was
 * taken all the same, because nothing said otherwise.
 */
final class StartupLog implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(StartupLog.class);

	private final ActorDataSourceFactory factory;

	private final @Nullable StoreDescription description;

	private final KvSqliteProperties properties;

	private final ConfiguredServers servers;

	StartupLog(ActorDataSourceFactory factory, @Nullable StoreDescription description, KvSqliteProperties properties,
			ConfiguredServers servers) {
		this.factory = factory;
		this.description = description;
		this.properties = properties;
		this.servers = servers;
	}

	@Override
	public void afterSingletonsInstantiated() {
		logger.info(summary());
		if (this.properties.store().type() == null && this.factory.store().type().equals("rocksdb")) {
			this.servers.names().ifPresent((names) -> logger.warn(warning(names)));
		}
	}

	private String summary() {
		KvStore store = this.factory.store();
		StringBuilder summary = new StringBuilder("Actors' databases are in the store '").append(store.type())
			.append('\'');
		if (this.description != null) {
			summary.append(", ").append(this.description.place()).append("; ").append(this.description.durability());
		}
		KvLimits limits = store.limits();
		return summary
			.append(String.format(Locale.ROOT, "; at most %,d actors open, %,d keys and %,d MiB in one write",
					this.factory.maxOpenActors(), limits.maxKeys(), DataSize.ofBytes(limits.maxBytes()).toMegabytes()))
			.toString();
	}

	private static String warning(String names) {
		return names + " is configured, but actors' databases are kept by the embedded store, on this machine alone, "
				+ "because it comes first on the class path: set kvsqlite.store.type to redis or postgresql, or to "
				+ "rocksdb if that is what you mean";
	}

}
