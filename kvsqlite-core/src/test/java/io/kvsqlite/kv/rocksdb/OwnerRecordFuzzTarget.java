package io.kvsqlite.kv.rocksdb;

import java.util.Arrays;

import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;

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
			assertThat(record.lastCommit().number()).isPositive();
			boolean fenced = !record.lastCommit().writer().equals(KvFence.NONE);
			assertThat(input[0]).isEqualTo((byte) (fenced ? 2 : 1));
			assertThat(Arrays.copyOfRange(record.encode(), 1, input.length))
				.isEqualTo(Arrays.copyOfRange(input, 1, input.length));
		}
		catch (KvCorruptionException ex) {
			assertThat(ex).hasMessageContaining("'fuzzed'");
		}
	}

}
