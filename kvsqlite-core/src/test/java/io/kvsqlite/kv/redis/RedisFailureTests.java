package io.kvsqlite.kv.redis;

import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.redis.RedisFailure.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisFailure}.
 */
class RedisFailureTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			MOVED 3999 127.0.0.1:6381                                                         | NOT_NOW
			ASK 3999 127.0.0.1:6381                                                           | NOT_NOW
			TRYAGAIN Multiple keys request during rehashing of slot                           | NOT_NOW
			CLUSTERDOWN The cluster is down                                                   | NOT_NOW
			MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.  | NOT_NOW
			LOADING Redis is loading the dataset in memory                                    | NOT_NOW
			BUSY Redis is busy running a script. You can only call SCRIPT KILL.               | NOT_NOW
			READONLY You can't write against a read only replica.                             | NOT_HERE
			OOM command not allowed when used memory > 'maxmemory'.                           | FULL
			WRONGTYPE Operation against a key holding the wrong kind of value                 | FOREIGN
			MISCONF Redis is configured to save RDB snapshots, but it's currently unable to   | REFUSED
			NOREPLICAS Not enough good replicas to write.                                     | REFUSED
			NOAUTH Authentication required.                                                   | REFUSED
			WRONGPASS invalid username-password pair or user is disabled.                     | REFUSED
			NOPERM this user has no permissions to run the 'evalsha' command                  | REFUSED
			ERR Error running script (call to f_1): @user_script:1: Script killed by user with SCRIPT KILL... | REFUSED
			ERR Error running script (call to f_1): @user_script:9: -OOM command not allowed  | FULL
			ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write | NOT_HERE
			ERR Error running script (call to f_1): @user_script:9: @user_script: 9: attempt to index | FAILED
			ERR something new                                                                 | FAILED
			SOMETHING new                                                                     | FAILED
			""")
	void errorReplyShouldBeToldByItsCode(String message, Kind kind) {
		assertThat(RedisFailure.of(new RedisCommandExecutionException(message)).kind()).isEqualTo(kind);
		assertThat(RedisFailure.of(new CompletionException(new RedisCommandExecutionException(message))).kind())
			.isEqualTo(kind);
		assertThat(
				RedisFailure.of(new RedisConnectionException("x", new RedisCommandExecutionException(message))).kind())
			.isEqualTo(kind);
	}

	@Test
	void failureBeforeAByteWasSentShouldBeNotSent() {
		assertKind(new RedisConnectionException("Unable to connect to localhost:1"), Kind.NOT_SENT);
		assertKind(new RedisException("Currently not connected. Commands are rejected."), Kind.NOT_SENT);
		assertKind(new RedisException("Connection is closed"), Kind.NOT_SENT);
		assertKind(
				new RedisException(
						"Request queue size exceeded: 5. Commands are not accepted until the queue size drops."),
				Kind.NOT_SENT);
	}

	@Test
	void failureAfterSendingShouldBeLost() {
		assertKind(new RedisException("Connection closed"), Kind.LOST);
		assertKind(new RedisException("Connection disconnected"), Kind.LOST);
		assertKind(new RedisCommandTimeoutException("Command timed out"), Kind.LOST);
		assertKind(new TimeoutException("no answer in time"), Kind.LOST);
		assertKind(new IOException("Connection reset by peer"), Kind.LOST);
		assertKind(new ExecutionException(new RedisException("anything new")), Kind.LOST);
	}

	@Test
	void onlyWhatIsKnownToComeBeforeAllChangesShouldCountAsNotApplied() {
		for (Kind kind : Kind.values()) {
			boolean before = switch (kind) {
				case NOT_SENT, NOT_NOW, NOT_HERE, FULL, REFUSED -> true;
				case FOREIGN, LOST, UNCONFIRMED, FAILED -> false;
			};
			assertThat(kind.maybeApplied()).as(kind.name()).isEqualTo(!before);
		}
	}

	@Test
	void definiteShouldSayWhatAndWhy() {
		assertThat(RedisFailure.of(new RedisCommandExecutionException("OOM no memory")).definite("write"))
			.isInstanceOf(KvStoreFullException.class)
			.hasMessage("Redis could not write: OOM no memory");
		assertThat(RedisFailure.of(new RedisConnectionException("Unable to connect", new IOException("refused")))
			.definite("write")).isInstanceOf(KvUnavailableException.class)
			.hasMessage("Redis could not write: Unable to connect (refused)");
		KvDefiniteException own = new KvDefiniteException("too old");
		assertThat(RedisFailure.of(new CompletionException(own)).definite("write")).isSameAs(own);
	}

	private static void assertKind(Throwable failure, Kind kind) {
		assertThat(RedisFailure.of(failure).kind()).as(failure.toString()).isEqualTo(kind);
	}

}
