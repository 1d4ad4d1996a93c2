package io.kvsqlite.codec;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ChunkKeys}.
 */
class ChunkKeysTests {

	private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

	@ParameterizedTest
	@CsvSource({ "MAIN, 08 01 00 00", "JOURNAL, 08 01 00 01", "WAL, 08 01 00 02", "SHM, 08 01 00 03" })
	void metadataShouldBeTheGoldenKey(FileTag file, String expected) {
		assertThat(HEX.formatHex(ChunkKeys.metadata(file))).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "MAIN, 0, 08 01 01 00 00 00 00 00", "MAIN, 1, 08 01 01 00 00 00 00 01",
			"MAIN, 255, 08 01 01 00 00 00 00 ff", "MAIN, 256, 08 01 01 00 00 00 01 00",
			"MAIN, 262144, 08 01 01 00 00 04 00 00", "MAIN, 2147483647, 08 01 01 00 7f ff ff ff",
			"MAIN, 2147483648, 08 01 01 00 80 00 00 00", "MAIN, 4294967295, 08 01 01 00 ff ff ff ff",
			"JOURNAL, 0, 08 01 01 01 00 00 00 00", "JOURNAL, 66051, 08 01 01 01 00 01 02 03",
			"WAL, 1, 08 01 01 02 00 00 00 01", "SHM, 7, 08 01 01 03 00 00 00 07" })
	void chunkShouldBeTheGoldenKey(FileTag file, long index, String expected) {
		assertThat(HEX.formatHex(ChunkKeys.chunk(file, index))).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "MAIN, 08 01 01 01", "JOURNAL, 08 01 01 02", "WAL, 08 01 01 03", "SHM, 08 01 01 04" })
	void endOfChunksShouldBeTheGoldenKey(FileTag file, String expected) {
		assertThat(HEX.formatHex(ChunkKeys.endOfChunks(file))).isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource
	void endOfChunksShouldBeBehindTheLastChunkAndNotBehindTheNextFilesFirst(FileTag file) {
		byte[] end = ChunkKeys.endOfChunks(file);
		assertThat(Arrays.compareUnsigned(ChunkKeys.chunk(file, 0), end)).isNegative();
		assertThat(Arrays.compareUnsigned(ChunkKeys.chunk(file, ChunkKeys.MAX_CHUNKS - 1), end)).isNegative();
		for (FileTag other : FileTag.values()) {
			if (other.tag() > file.tag()) {
				assertThat(Arrays.compareUnsigned(ChunkKeys.chunk(other, 0), end)).isPositive();
			}
		}
	}

	@Test
	void keysShouldSortByKindThenFileThenIndex() {
		List<byte[]> sorted = List.of(ChunkKeys.metadata(FileTag.MAIN), ChunkKeys.metadata(FileTag.JOURNAL),
				ChunkKeys.metadata(FileTag.WAL), ChunkKeys.metadata(FileTag.SHM), ChunkKeys.chunk(FileTag.MAIN, 0),
				ChunkKeys.chunk(FileTag.MAIN, 127), ChunkKeys.chunk(FileTag.MAIN, 128),
				ChunkKeys.chunk(FileTag.MAIN, 256), ChunkKeys.chunk(FileTag.MAIN, 1L << 31),
				ChunkKeys.chunk(FileTag.JOURNAL, 0), ChunkKeys.chunk(FileTag.WAL, 0), ChunkKeys.chunk(FileTag.SHM, 0));
		assertThat(sorted).isSortedAccordingTo(Arrays::compareUnsigned);
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 1, 127, 128, 255, 256, 262144, 2147483647L, 2147483648L, 4294967295L })
	void indexOfShouldReturnWhatChunkWasGiven(long index) {
		assertThat(ChunkKeys.indexOf(ChunkKeys.chunk(FileTag.MAIN, index))).isEqualTo(index);
	}

	@ParameterizedTest
	@CsvSource({ "0, 0", "1, 1", "4095, 1", "4096, 1", "4097, 2", "8191, 2", "8192, 2", "8193, 3", "2260992, 552",
			"17592186044415, 4294967296", "17592186044416, 4294967296" })
	void chunkCountShouldRoundUp(long size, long expected) {
		assertThat(ChunkKeys.chunkCount(size)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "0, 0, 0", "0, 1, 1", "0, 4095, 4095", "0, 4096, 4096", "0, 4097, 4096", "1, 4096, 0", "1, 4097, 1",
			"1, 8191, 4095", "1, 8192, 4096", "9, 4096, 0", "4294967295, 17592186044416, 4096",
			"4294967295, 17592186044415, 4095", "4294967295, 4096, 0" })
	void chunkLengthShouldBeShortForTheLastChunkAlone(long index, long size, int expected) {
		assertThat(ChunkKeys.chunkLength(index, size)).isEqualTo(expected);
	}

	@Test
	void largestFileShouldBe16TebibytesInChunksOf4Kibibytes() {
		assertThat(ChunkKeys.CHUNK_SIZE).isEqualTo(4096);
		assertThat(ChunkKeys.MAX_FILE_SIZE).isEqualTo(16L << 40);
	}

	@ParameterizedTest
	@CsvSource({ "08 01 00 00, main database metadata", "08 01 00 01, rollback journal metadata",
			"08 01 00 02, WAL metadata", "08 01 00 03, SHM metadata", "08 01 01 00 00 00 00 0c, main database chunk 12",
			"08 01 01 01 ff ff ff ff, rollback journal chunk 4294967295" })
	void describeShouldNameFileAndChunk(String key, String expected) {
		assertThat(ChunkKeys.describe(HEX.parseHex(key))).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "08", "08 01 00", "08 01 00 04", "08 01 00 ff", "08 02 00 00", "07 01 00 00",
			"08 01 02 00", "08 01 00 00 00", "08 01 01 00", "08 01 01 00 00 00 00", "08 01 01 00 00 00 00 0c 00",
			"08 01 01 04 00 00 00 00" })
	void describeWhenKeyIsForeignShouldShowItsBytes(String key) {
		assertThat(ChunkKeys.describe(HEX.parseHex(key))).isEqualTo(key);
	}

}
