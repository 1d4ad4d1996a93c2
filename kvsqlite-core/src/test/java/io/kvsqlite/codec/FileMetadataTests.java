package io.kvsqlite.codec;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link FileMetadata}.
 */
class FileMetadataTests {

	private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

	@ParameterizedTest
	@CsvSource({ "0, 01 00 00 00 00 00 00 00 00 00", "1, 01 00 01 00 00 00 00 00 00 00",
			"4096, 01 00 00 10 00 00 00 00 00 00", "2260992, 01 00 00 80 22 00 00 00 00 00",
			"4294967296, 01 00 00 00 00 00 01 00 00 00", "17592186044416, 01 00 00 00 00 00 00 10 00 00" })
	void encodeAndDecodeShouldAgreeOnTheGoldenBytes(long size, String bytes) throws Exception {
		assertThat(HEX.formatHex(FileMetadata.encode(size))).isEqualTo(bytes);
		assertThat(FileMetadata.decode(HEX.parseHex(bytes))).isEqualTo(size);
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, Long.MIN_VALUE, ChunkKeys.MAX_FILE_SIZE + 1, Long.MAX_VALUE })
	void encodeWhenSizeIsOutOfRangeShouldThrow(long size) {
		assertThatIllegalArgumentException().isThrownBy(() -> FileMetadata.encode(size))
			.withMessage("A file's size must be between 0 and 17592186044416 bytes, but is %d", size);
	}

	@ParameterizedTest
	@MethodSource("wrongLengths")
	void decodeWhenLengthIsWrongShouldSayWhich(int length) {
		byte[] value = Arrays.copyOf(FileMetadata.encode(0), length);
		assertThatExceptionOfType(MalformedMetadataException.class).isThrownBy(() -> FileMetadata.decode(value))
			.withMessage("it has %d bytes instead of 10", length);
	}

	static IntStream wrongLengths() {
		return IntStream.rangeClosed(0, 20).filter((length) -> length != FileMetadata.LENGTH);
	}

	@ParameterizedTest
	@CsvSource({ "02 00 00 10 00 00 00 00 00 00, 2", "00 01 00 10 00 00 00 00 00 00, 256",
			"ff ff 00 10 00 00 00 00 00 00, 65535", "02 00, 2",
			"02 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00, 2" })
	void decodeWhenVersionIsNewerShouldSaySoWhateverTheLength(String bytes, int version) {
		assertThatExceptionOfType(MalformedMetadataException.class)
			.isThrownBy(() -> FileMetadata.decode(HEX.parseHex(bytes)))
			.withMessage("it has version %d, and only version 1 is known: a newer release wrote it", version);
	}

	@Test
	void decodeWhenVersionIsZeroShouldNotBlameANewerRelease() {
		assertThatExceptionOfType(MalformedMetadataException.class)
			.isThrownBy(() -> FileMetadata.decode(new byte[FileMetadata.LENGTH]))
			.withMessage("it has version 0, and only version 1 is known");
	}

	@ParameterizedTest
	@CsvSource({ "01 00 01 00 00 00 00 10 00 00, 17592186044417", "01 00 ff ff ff ff ff ff ff 7f, 9223372036854775807",
			"01 00 00 00 00 00 00 00 00 80, 9223372036854775808",
			"01 00 ff ff ff ff ff ff ff ff, 18446744073709551615" })
	void decodeWhenSizeIsOutOfRangeShouldNameItUnsigned(String bytes, String size) {
		assertThatExceptionOfType(MalformedMetadataException.class)
			.isThrownBy(() -> FileMetadata.decode(HEX.parseHex(bytes)))
			.withMessage("its size, %s bytes, is over the 17592186044416 bytes that a file can have", size);
	}

}
