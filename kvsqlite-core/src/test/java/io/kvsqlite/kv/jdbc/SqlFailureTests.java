package io.kvsqlite.kv.jdbc;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SqlFailure}.
 */
class SqlFailureTests {

	@ParameterizedTest
	@CsvSource({ "40001,CONFLICT", "40P01,CONFLICT", "53100,FULL", "53200,UNAVAILABLE", "53300,UNAVAILABLE",
			"55P03,UNAVAILABLE", "57014,UNAVAILABLE", "57P03,UNAVAILABLE", "25006,UNAVAILABLE", "XX001,CORRUPT",
			"XX002,CORRUPT", "28P01,REFUSED", "28000,REFUSED", "3D000,REFUSED", "42P01,REFUSED", "42501,REFUSED",
			"23502,REFUSED", "22001,REFUSED", "0A000,REFUSED", "26000,REFUSED", "54000,REFUSED", "25P02,REFUSED" })
	void failureThatTheServerAnsweredShouldBeDefinite(String state, SqlFailure expected) {
		assertThat(SqlFailure.of(new SQLException("no", state))).isEqualTo(expected);
		assertThat(expected.outcomeKnown()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "08000", "08003", "08006", "08P01", "57P01", "57P02", "57P05", "40003", "XX000", "58030",
			"58000", "P0001", "HY000", "99999", "", "4000" })
	void failureThatTellsNothingShouldNotBeDefinite(String state) {
		assertThat(SqlFailure.of(new SQLException("cut", state))).isEqualTo(SqlFailure.CUT);
		assertThat(SqlFailure.CUT.outcomeKnown()).isFalse();
	}

	@Test
	void failureWithoutStateShouldNotBeDefinite() {
		assertThat(SqlFailure.of(new SQLException("closed"))).isEqualTo(SqlFailure.CUT);
		assertThat(SqlFailure.of(new SQLException("closed", null, new IOException("reset")))).isEqualTo(SqlFailure.CUT);
	}

	@Test
	void timeOutShouldNotBeDefinite() {
		SQLException driver = new SQLException("I/O error", "08006", new SocketTimeoutException("Read timed out"));
		assertThat(SqlFailure.of(driver)).isEqualTo(SqlFailure.TIMED_OUT);
		assertThat(SqlFailure.TIMED_OUT.outcomeKnown()).isFalse();
	}

	@Test
	void warningShouldNotBeDefiniteNorTriedAgain() {
		SQLException warning = new Replication.NotReplicatedException(new SQLWarning("canceling wait", "01000"));
		assertThat(SqlFailure.of(warning)).isEqualTo(SqlFailure.NOT_REPLICATED);
		assertThat(SqlFailure.NOT_REPLICATED.outcomeKnown()).isFalse();
	}

	@Test
	void exceptionOfAPoolShouldBeJudgedByItsCause() {
		SQLException driver = new SQLException("password authentication failed", "28P01");
		assertThat(SqlFailure.of(new SQLTransientConnectionException("pool", driver))).isEqualTo(SqlFailure.REFUSED);
	}

}
