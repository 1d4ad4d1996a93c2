package io.kvsqlite.vfs;

import java.util.Arrays;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TemporaryFile}.
 */
class TemporaryFileTests {

	private final TemporaryFile file = new TemporaryFile();

	@Test
	void readShouldReturnWhatWasWritten() {
		byte[] bytes = Bytes.random(1, 10_000);
		Bytes.write(this.file, 100, bytes);
		assertThat(this.file.size()).isEqualTo(10_100);
		assertThat(Bytes.read(this.file, 100, 10_000)).isEqualTo(bytes);
		assertThat(Bytes.read(this.file, 0, 100)).containsOnly(0);
	}

	@Test
	void readBeyondTheEndShouldGiveZerosAndSaySo() {
		Bytes.write(this.file, 0, Bytes.random(1, 10));
		byte[] bytes = new byte[20];
		assertThat(Bytes.read(this.file, 5, bytes)).isEqualTo(5);
		assertThat(Arrays.copyOfRange(bytes, 5, 20)).containsOnly(0);
		assertThat(Bytes.read(this.file, 1000, bytes)).isZero();
		assertThat(bytes).containsOnly(0);
	}

	@Test
	void writeBehindAGapShouldLeaveZerosInIt() {
		Bytes.write(this.file, 50_000, new byte[] { 1 });
		assertThat(Bytes.read(this.file, 0, 50_000)).containsOnly(0);
	}

	@Test
	void truncateThenGrowShouldShowZeros() {
		Bytes.write(this.file, 0, Bytes.random(1, 20_000));
		this.file.truncate(5000);
		assertThat(this.file.size()).isEqualTo(5000);
		this.file.truncate(20_000);
		assertThat(Bytes.read(this.file, 0, 5000)).isEqualTo(Arrays.copyOf(Bytes.random(1, 20_000), 5000));
		assertThat(Bytes.read(this.file, 5000, 15_000)).containsOnly(0);
	}

}
