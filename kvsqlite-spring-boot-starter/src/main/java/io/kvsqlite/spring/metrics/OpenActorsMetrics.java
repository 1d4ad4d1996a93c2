package io.kvsqlite.spring.metrics;

import io.kvsqlite.ActorDataSourceFactory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.util.Assert;

/**
 * Gauges of how many actors are open, in use and waited for. Thread-safe.
 */
public final class OpenActorsMetrics implements MeterBinder {

	private final ActorDataSourceFactory factory;

	/**
	 * Create the binder.
	 * @param factory the factory that is looked at
	 */
	public OpenActorsMetrics(ActorDataSourceFactory factory) {
		Assert.notNull(factory, "'factory' must not be null");
		this.factory = factory;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("kvsqlite.actors.open", this.factory, ActorDataSourceFactory::openActors)
			.description("Actors that are open")
			.baseUnit("actors")
			.register(registry);
		Gauge.builder("kvsqlite.actors.max", this.factory, ActorDataSourceFactory::maxOpenActors)
			.description("Most actors that may be open at once")
			.baseUnit("actors")
			.register(registry);
		Gauge.builder("kvsqlite.connections.active", this.factory, ActorDataSourceFactory::activeConnections)
			.description("Connections in use")
			.baseUnit("connections")
			.register(registry);
		Gauge.builder("kvsqlite.connections.waiting", this.factory, ActorDataSourceFactory::waitingThreads)
			.description("Threads that wait for a connection")
			.baseUnit("threads")
			.register(registry);
	}

}
