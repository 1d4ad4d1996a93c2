package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the epochs of {@link Database}.
 */
class DatabaseTests {

	private static final long RESERVATION = 1024;

	@TempDir
	private Path directory;

	@Test
	void nextEpochWhenThoseSetAsideAreUsedUpShouldSetMoreAside() throws RocksDBException {
		long last = 0;
		for (int opening = 0; opening < 5; opening++) {
			Database database = open();
			for (int i = 0; i < 20; i++) {
				long epoch = database.nextEpoch();
				assertThat(epoch).isGreaterThan(last);
				last = epoch;
			}
			database.close();
		}
	}

	@Test
	void nextEpochOfAHeldActorShouldBeOneMoreThoughTheDatabaseWasOpenedAgain() throws RocksDBException {
		Database first = open();
		long epoch = first.nextEpoch();
		long second = first.nextEpoch(epoch, first);
		assertThat(second).isEqualTo(epoch + 1);
		first.close();
		Database next = open();
		assertThat(next.nextEpoch(second, first)).isEqualTo(epoch + 2);
		assertThat(next.nextEpoch()).isGreaterThan(epoch + 2);
		next.close();
	}

	@Test
	void nextEpochWhenSomeoneElseHadTheDirectoryShouldTellSo() throws RocksDBException {
		Database first = open();
		long epoch = first.nextEpoch();
		first.close();
		open().close();
		Database next = open();
		assertThat(next.nextEpoch(epoch, first)).isGreaterThan(epoch + RESERVATION);
		next.close();
	}

	@Test
	void nextEpochOfAnActorThatIsOpenedAgainAndAgainShouldNotRepeat() throws RocksDBException {
		Database database = open();
		long one = database.nextEpoch();
		long other = database.nextEpoch();
		for (int i = 0; i < 1000; i++) {
			long next = database.nextEpoch(one, database);
			assertThat(next).isGreaterThan(one).isNotEqualTo(other);
			one = next;
		}
		database.close();
	}

	private Database open() {
		return Database.open(RocksDbOptions.of(this.directory), RESERVATION);
	}

}
