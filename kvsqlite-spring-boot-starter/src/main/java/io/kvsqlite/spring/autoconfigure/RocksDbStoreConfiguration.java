package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.spring.RestartableKvStore;
import org.rocksdb.RocksDB;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * The store in a directory, kept by RocksDB.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(RocksDB.class)
@ConditionalOnStoreType(StoreType.ROCKSDB)
@ConditionalOnMissingBean(KvStore.class)
@Lazy
class RocksDbStoreConfiguration {

	@Bean
	KvStore kvStore(KvSqliteProperties properties, ObjectProvider<RocksDbOptionsCustomizer> customizers) {
		RocksDbOptions options = options(properties.store().rocksdb());
		for (RocksDbOptionsCustomizer customizer : customizers.orderedStream().toList()) {
			options = customizer.customize(options);
		}
		RocksDbOptions customized = options;
		return new RestartableKvStore(() -> new RocksDbKvStore(customized));
	}

	@Bean
	@ConditionalOnMissingBean(ActorDataSourceFactory.class)
	StoreDescription kvStoreDescription(KvSqliteProperties properties) {
		return new StoreDescription("directory " + properties.store().rocksdb().path().toAbsolutePath().normalize(),
				properties.store().rocksdb().sync() ? "a commit is on the disk when it returns"
						: "the last commits may be lost when the machine stops (kvsqlite.store.rocksdb.sync=false)");
	}

	private static RocksDbOptions options(KvSqliteProperties.RocksDb properties) {
		return RocksDbOptions.of(properties.path())
			.withSync(properties.sync())
			.withBlockCacheBytes(properties.blockCacheSize().toBytes())
			.withWriteBufferBytes(properties.writeBufferSize().toBytes())
			.withCompression(RocksDbOptions.Compression.valueOf(properties.compression().name()));
	}

}
