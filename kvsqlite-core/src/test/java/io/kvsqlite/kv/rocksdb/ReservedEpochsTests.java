package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReservedEpochs}.
 */
class ReservedEpochsTests {

	private static final long RESERVATION = 1024;

	@TempDir
	private Path directory;

	@Test
	void nextWhenThoseSetAsideAreUsedUpShouldSetMoreAside() throws RocksDBException {
		long last = 0;
		for (int opening = 0; opening < 5; opening++) {
			Database database = open();
			for (int i = 0; i < 20; i++) {
				long epoch = database.epochs().next();
				assertThat(epoch).isGreaterThan(last);
				last = epoch;
			}
			database.close();
		}
	}

	@Test
	void afterShouldBeOneMoreThoughTheDatabaseWasOpenedAgain() throws RocksDBException {
		Database first = open();
		long epoch = first.epochs().next();
		long second = first.epochs().after(epoch, first.epochs());
		assertThat(second).isEqualTo(epoch + 1);
		first.close();
		Database next = open();
		assertThat(next.epochs().after(second, first.epochs())).isEqualTo(epoch + 2);
		assertThat(next.epochs().next()).isGreaterThan(epoch + 2);
		next.close();
	}

	@Test
	void afterWhenSomeoneElseHadTheDirectoryShouldTellSo() throws RocksDBException {
		Database first = open();
		long epoch = first.epochs().next();
		first.close();
		open().close();
		Database next = open();
		assertThat(next.epochs().after(epoch, first.epochs())).isGreaterThan(epoch + RESERVATION);
		next.close();
	}

	@Test
	void afterWhenAnActorIsOpenedAgainAndAgainShouldNotRepeat() throws RocksDBException {
		Database database = open();
		long one = database.epochs().next();
		long other = database.epochs().next();
		for (int i = 0; i < 1000; i++) {
			long next = database.epochs().after(one, database.epochs());
			assertThat(next).isGreaterThan(one).isNotEqualTo(other);
			one = next;
		}
		database.close();
	}

	private Database open() {
		return Database.open(RocksDbOptions.of(this.directory), RESERVATION);
	}

}
