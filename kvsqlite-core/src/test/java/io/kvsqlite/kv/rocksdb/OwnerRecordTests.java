package io.kvsqlite.kv.rocksdb;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvCorruptionException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OwnerRecord}.
 */
class OwnerRecordTests {

	@Test
	void decodeShouldReturnWhatWasEncoded() {
		OwnerRecord record = new OwnerRecord(3L << 40, 258);
		assertThat(record.encode()).containsExactly(1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2);
		assertThat(OwnerRecord.decode(record.encode(), "a")).isEqualTo(record);
	}

	@Test
	void decodeOfAnythingElseShouldNameTheActor() {
		byte[] valid = new OwnerRecord(1, 1).encode();
		byte[] newer = valid.clone();
		newer[0] = 2;
		byte[][] malformed = { {}, { 1 }, new byte[16], new byte[17], new byte[18], newer,
				new OwnerRecord(0, 1).encode(), new OwnerRecord(1, 0).encode(), new OwnerRecord(-1, 1).encode() };
		for (byte[] value : malformed) {
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> OwnerRecord.decode(value, "a"))
				.withMessageContaining("actor 'a'");
		}
	}

}
