package io.kvsqlite.spring.observation;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

import javax.sql.DataSource;

import io.kvsqlite.ActorListener;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.spring.ActorDataSourceCustomizer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.util.Assert;

/**
 * Observes how connections of actors are obtained, waiting and opening included, as
 * {@value #NAME}; and tells the observation that is current, a request's for example,
 * what is done to the store meanwhile. The actor is a high-cardinality key: part of
 * traces, not of metrics. Thread-safe.
 */
public final class ActorObservations implements ActorDataSourceCustomizer, ActorListener, Ordered {

	/**
	 * The name of the observation: one request for a connection, from the call to its
	 * answer. (Connections that are in use are another matter; their gauge is
	 * {@code kvsqlite.connections.active}.)
	 */
	public static final String NAME = "kvsqlite.connection.request";

	/**
	 * The key under which the actor's id stands.
	 */
	public static final String ACTOR_KEY = "kvsqlite.actor";

	private static final Observation.Event OPENED = Observation.Event.of("kvsqlite.opened");

	private static final Observation.Event READ = Observation.Event.of("kvsqlite.store.read");

	private static final Observation.Event WRITTEN = Observation.Event.of("kvsqlite.store.write");

	private final ObservationRegistry registry;

	/**
	 * Create the observations.
	 * @param registry where they are made
	 */
	public ActorObservations(ObservationRegistry registry) {
		Assert.notNull(registry, "'registry' must not be null");
		this.registry = registry;
	}

	@Override
	public DataSource customize(String actorId, DataSource dataSource) {
		return new ObservedDataSource(actorId, dataSource);
	}

	@Override
	public void actorOpened(String actorId, long nanos, boolean created) {
		event(OPENED);
	}

	@Override
	public void storeRead(String actorId, int keys, long nanos, @Nullable Throwable failure) {
		event(READ);
	}

	@Override
	public void storeWritten(String actorId, int keys, long bytes, long nanos, @Nullable Throwable failure) {
		event(WRITTEN);
	}

	private void event(Observation.Event event) {
		Observation current = this.registry.getCurrentObservation();
		if (current != null) {
			current.event(event);
		}
	}

	/**
	 * Innermost, so that what other customizers do is not counted.
	 */
	@Override
	public int getOrder() {
		return HIGHEST_PRECEDENCE;
	}

	private final class ObservedDataSource extends DelegatingDataSource {

		private final String actorId;

		private ObservedDataSource(String actorId, DataSource dataSource) {
			super(dataSource);
			this.actorId = actorId;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Request request = new Request();
			boolean handedOut = false;
			try {
				Observation.createNotStarted(NAME, ActorObservations.this.registry)
					.contextualName("request kvsqlite connection")
					.highCardinalityKeyValue(ACTOR_KEY, Printable.id(this.actorId))
					.<SQLException>observeChecked(() -> {
						request.connection = super.getConnection();
					});
				handedOut = true;
				return Objects.requireNonNull(request.connection);
			}
			finally {
				// an observation that fails at its end keeps it from its user
				if (!handedOut && request.connection != null) {
					request.connection.close();
				}
			}
		}

		/**
		 * What is requested.
		 */
		private static final class Request {

			private @Nullable Connection connection;

		}

	}

}
