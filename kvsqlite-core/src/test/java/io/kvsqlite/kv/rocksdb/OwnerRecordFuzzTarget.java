package io.kvsqlite.kv.rocksdb;

import io.kvsqlite.kv.KvCorruptionException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Feeds any bytes to {@link OwnerRecord}: they are a record, or a typed error.
 */
public final class OwnerRecordFuzzTarget {

	private OwnerRecordFuzzTarget() {
	}

	/**
	 * Take one input.
	 * @param input any bytes
	 */
	public static void fuzzerTestOneInput(byte[] input) {
		try {
			OwnerRecord record = OwnerRecord.decode(input, "fuzzed");
			assertThat(record.epoch()).isPositive();
			assertThat(record.commit()).isPositive();
			assertThat(record.encode()).isEqualTo(input);
		}
		catch (KvCorruptionException ex) {
			assertThat(ex).hasMessageContaining("'fuzzed'");
		}
	}

}
