package io.kvsqlite.spring;

import java.sql.SQLException;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.jdbc.ConnectionScope;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * What customizers made of an actor's data source. Two for the same actor are equal, as
 * the originals are: a transaction finds its connection by its data source, also when the
 * customizers ran again in the meantime.
 */
final class CustomizedDataSource extends DelegatingDataSource {

	private final DataSource original;

	CustomizedDataSource(DataSource original, DataSource customized) {
		super(customized);
		this.original = original;
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		return tellsWhoseItIs(type) ? this.original.unwrap(type) : super.unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return tellsWhoseItIs(type) ? this.original.isWrapperFor(type) : super.isWrapperFor(type);
	}

	/**
	 * Customizers need not pass on what the original says of itself.
	 */
	private static boolean tellsWhoseItIs(Class<?> type) {
		return type == ConnectionScope.class || type == ActorDataSourceFactory.class;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof CustomizedDataSource that && this.original.equals(that.original);
	}

	@Override
	public int hashCode() {
		return this.original.hashCode();
	}

	@Override
	public String toString() {
		return "Customized " + this.original;
	}

}
