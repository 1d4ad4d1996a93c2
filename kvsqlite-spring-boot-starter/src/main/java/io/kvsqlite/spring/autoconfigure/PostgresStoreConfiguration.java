package io.kvsqlite.spring.autoconfigure;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.spring.RestartableKvStore;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * The store in PostgreSQL, through the DataSource qualified with
 * {@link KvSqliteDataSource} or else the primary one.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(name = "org.postgresql.Driver")
@ConditionalOnStoreType(StoreType.POSTGRESQL)
@ConditionalOnBean(DataSource.class)
@ConditionalOnMissingBean(KvStore.class)
@Lazy
class PostgresStoreConfiguration {

	@Bean
	KvStore kvStore(KvSqliteProperties properties, ObjectProvider<DataSource> primary,
			@KvSqliteDataSource ObjectProvider<DataSource> qualified,
			ObjectProvider<PostgresKvStoreCustomizer> customizers) {
		DataSource dataSource = dataSource(primary, qualified);
		if (dataSource == null) {
			throw new MissingStoreException(StoreType.POSTGRESQL);
		}
		return new RestartableKvStore(() -> {
			PostgresKvStore.Builder builder = PostgresKvStore.builder(dataSource);
			configure(builder, properties.store());
			customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			return builder.build();
		});
	}

	@Bean
	@ConditionalOnMissingBean(ActorDataSourceFactory.class)
	StoreDescription kvStoreDescription(@KvSqliteDataSource ObjectProvider<DataSource> qualified,
			ObjectProvider<JdbcConnectionDetails> details) {
		JdbcConnectionDetails primary = (qualified.getIfAvailable() == null) ? details.getIfUnique() : null;
		String place = (primary != null) ? withoutParameters(primary.getJdbcUrl()) : "through a DataSource of its own";
		return new StoreDescription(place, "a commit is as durable as PostgreSQL's synchronous_commit says");
	}

	/**
	 * A password may be among the parameters.
	 */
	private static String withoutParameters(String url) {
		return url.replaceFirst("\\?.*", "").replaceFirst("//[^/@]*@", "//");
	}

	private static @Nullable DataSource dataSource(ObjectProvider<DataSource> primary,
			ObjectProvider<DataSource> qualified) {
		DataSource dataSource = qualified.getIfAvailable();
		if (dataSource == null) {
			dataSource = primary.getIfUnique();
		}
		return (dataSource instanceof ActorRoutingDataSource) ? null : dataSource;
	}

	private static void configure(PostgresKvStore.Builder builder, KvSqliteProperties.Store store) {
		KvSqliteProperties.Postgresql postgresql = store.postgresql();
		PropertyMapper map = PropertyMapper.get();
		map.from(store::ownerName).to(builder::ownerName);
		map.from(store::leaseDuration).to(builder::leaseDuration);
		map.from(store::timeout).to(builder::timeout);
		map.from(postgresql::tablePrefix).to(builder::tablePrefix);
		map.from(postgresql::createTables).to(builder::createTables);
	}

}
