package io.kvsqlite.spring;

import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;

/**
 * A {@link JdbcTransactionManager} that also says by kind why a transaction could not be
 * begun: an actor that another process holds is a reason to try again, for example.
 */
final class ActorTransactionManager extends JdbcTransactionManager {

	private final SQLExceptionTranslator translator;

	ActorTransactionManager(DataSource dataSource, SQLExceptionTranslator translator) {
		super(dataSource);
		this.translator = translator;
		setExceptionTranslator(translator);
	}

	@Override
	protected void doBegin(Object transaction, TransactionDefinition definition) {
		try {
			super.doBegin(transaction, definition);
		}
		catch (CannotCreateTransactionException ex) {
			if (ex.getCause() instanceof SQLException cause) {
				DataAccessException translated = this.translator.translate("Begin transaction", null, cause);
				if (translated != null) {
					throw translated;
				}
			}
			throw ex;
		}
	}

}
