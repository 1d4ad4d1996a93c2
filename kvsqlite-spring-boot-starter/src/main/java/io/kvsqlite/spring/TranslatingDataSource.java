package io.kvsqlite.spring;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.core.InfrastructureProxy;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * The view of an actor's data source that templates have: a connection that cannot be had
 * is reported in Spring's exceptions, by kind. Templates on their own would make the same
 * non-transient exception of every reason.
 *
 * <p>
 * An {@link InfrastructureProxy}, so that connections of transactions on the data source
 * itself are found.
 */
final class TranslatingDataSource extends DelegatingDataSource implements InfrastructureProxy {

	private final DataSource dataSource;

	private final SQLExceptionTranslator translator;

	TranslatingDataSource(DataSource dataSource, SQLExceptionTranslator translator) {
		super(dataSource);
		this.dataSource = dataSource;
		this.translator = translator;
	}

	@Override
	public Connection getConnection() {
		try {
			return super.getConnection();
		}
		catch (SQLException ex) {
			DataAccessException translated = this.translator.translate("Open connection", null, ex);
			throw (translated != null) ? translated
					: new CannotGetJdbcConnectionException(String.valueOf(ex.getMessage()), ex);
		}
	}

	@Override
	public Object getWrappedObject() {
		return this.dataSource;
	}

	@Override
	public String toString() {
		return this.dataSource.toString();
	}

}
