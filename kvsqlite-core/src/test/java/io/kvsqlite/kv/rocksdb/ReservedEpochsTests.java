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

	private static final long RESERVATION = 8;

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
	void nextWhenTheDatabaseWasOpenedAgainShouldBeGreaterThanAllThatWereSetAside() throws RocksDBException {
		Database first = open();
		long epoch = first.epochs().next();
		first.close();
		Database next = open();
		assertThat(next.epochs().next()).isGreaterThanOrEqualTo(epoch + RESERVATION);
		next.close();
	}

	private Database open() {
		return Database.open(RocksDbOptions.of(this.directory), RESERVATION);
	}

}
