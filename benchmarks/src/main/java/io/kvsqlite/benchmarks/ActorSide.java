package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;

/**
 * kvsqlite on some store.
 */
final class ActorSide implements Side.OpenSide {

	private final Side.StoreMaker maker;

	private final Consumer<ActorDataSourceFactory.Builder> settings;

	private final Path directory;

	private final boolean inMemory;

	private KvStore store;

	private ActorDataSourceFactory factory;

	ActorSide(Side side, Bench bench, Side.StoreMaker maker) {
		this(side, bench, maker, (builder) -> {
		});
	}

	/**
	 * Open with other settings than the defaults.
	 * @param maker makes the store, anew after a chill
	 * @param settings sets the factory up
	 */
	ActorSide(Side side, Bench bench, Side.StoreMaker maker, Consumer<ActorDataSourceFactory.Builder> settings) {
		this.maker = maker;
		this.settings = settings;
		this.directory = bench.newDirectory();
		this.inMemory = side == Side.KVSQLITE_MEMORY;
		this.store = maker.make(this.directory);
		this.factory = factory();
	}

	private ActorDataSourceFactory factory() {
		ActorDataSourceFactory.Builder builder = ActorDataSourceFactory.builder(this.store);
		this.settings.accept(builder);
		return builder.build();
	}

	@Override
	public Connection connection(String actorId) throws SQLException {
		return this.factory.dataSource(actorId).getConnection();
	}

	@Override
	public void sleep(String actorId) throws SQLException {
		this.factory.close(actorId);
	}

	@Override
	public void chill(boolean evict) throws IOException {
		this.factory.close();
		if (!this.inMemory) {
			this.store.close();
			if (evict) {
				PageCache.evict(this.directory);
			}
			this.store = this.maker.make(this.directory);
		}
		this.factory = factory();
	}

	@Override
	public KvStore store() {
		return this.store;
	}

	@Override
	public void close() throws IOException {
		this.factory.close();
		this.store.close();
		Directories.delete(this.directory);
	}

}
