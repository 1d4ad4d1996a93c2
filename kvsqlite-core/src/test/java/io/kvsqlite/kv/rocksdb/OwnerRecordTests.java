package io.kvsqlite.kv.rocksdb;

import java.util.Arrays;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OwnerRecord}.
 */
class OwnerRecordTests {

	private static final KvFence WRITER = new KvFence(0x0102030405060708L, 0x090a0b0c0d0e0f10L);

	@Test
	void decodeShouldReturnWhatWasEncoded() {
		OwnerRecord record = new OwnerRecord(3L << 40, new KvCommit(258, WRITER));
		assertThat(record.encode()).containsExactly(2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 2, 3, 4, 5, 6,
				7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
		assertThat(OwnerRecord.decode(record.encode(), "a")).isEqualTo(record);
	}

	@Test
	void decodeOfVersion1ShouldReturnACommitWithoutAWriter() {
		byte[] value = { 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2 };
		assertThat(OwnerRecord.decode(value, "a"))
			.isEqualTo(new OwnerRecord(3L << 40, new KvCommit(258, KvFence.NONE)));
	}

	@Test
	void decodeOfAnythingElseShouldNameTheActor() {
		byte[] valid = new OwnerRecord(1, new KvCommit(1, WRITER)).encode();
		byte[] newer = valid.clone();
		newer[0] = 3;
		byte[] older = valid.clone();
		older[0] = 1;
		byte[] noCommit = valid.clone();
		noCommit[16] = 0;
		byte[] olderWithoutCommit = new byte[17];
		olderWithoutCommit[0] = 1;
		olderWithoutCommit[8] = 1;
		byte[][] malformed = { {}, { 1 }, { 2 }, new byte[16], new byte[17], new byte[18], new byte[33], newer, older,
				noCommit, olderWithoutCommit, Arrays.copyOf(valid, 17), Arrays.copyOf(valid, 32),
				Arrays.copyOf(valid, 34), new OwnerRecord(0, new KvCommit(1, WRITER)).encode(),
				new OwnerRecord(1, new KvCommit(1, KvFence.NONE)).encode(),
				new OwnerRecord(-1, new KvCommit(1, WRITER)).encode() };
		for (byte[] value : malformed) {
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> OwnerRecord.decode(value, "a"))
				.withMessageContaining("actor 'a'");
		}
	}

}
