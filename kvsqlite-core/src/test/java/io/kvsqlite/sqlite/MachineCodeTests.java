package io.kvsqlite.sqlite;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import io.kvsqlite.sqlite.MachineCode.Architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link MachineCode}. What it is for is tried by {@code CallbackErrorTests},
 * for every callback.
 */
class MachineCodeTests {

	@Test
	@EnabledOnOs(OS.LINUX)
	void vfsShouldBeGuardedWhereTheTestsRun() {
		assertThat(Architecture.ofThisProcess()).isNotNull();
		assertThat(SqliteVfs.get().isGuarded()).isTrue();
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void finishShouldLeaveNoPageThatIsWritableAndExecutable() throws Exception {
		MachineCode code = MachineCode.allocate();
		assertThat(code).isNotNull();
		long address = code.constant(1);
		assertThat(code.finish()).isTrue();
		assertThat(Files.readAllLines(Path.of("/proc/self/maps"))).filteredOn((line) -> contains(line, address))
			.singleElement()
			.satisfies((line) -> assertThat(line).contains(" r-xp "));
	}

	@Test
	void constantShouldRefuseWhatItHasNoRoomFor() {
		MachineCode code = MachineCode.allocate();
		assertThat(code).isNotNull();
		assertThatIllegalArgumentException().isThrownBy(() -> code.constant(0x10000))
			.withMessageContaining("'result' must be from 0 to 65535, but is 65536");
		assertThatIllegalArgumentException().isThrownBy(() -> code.constant(-1));
	}

	/**
	 * The instructions as assemblers write them.
	 */
	@Test
	void instructionsShouldBeThoseThatWereTried() {
		long function = 0x1122334455667788L;
		assertThat(hex(Architecture.X86_64.guard(function)))
			.isEqualTo("f30f1efa" + "4883ec08" + "48b88877665544332211" + "ffd0" + "83f00a" + "4883c408" + "c3");
		assertThat(hex(Architecture.X86_64.constant(0x1234))).isEqualTo("f30f1efa" + "b834120000" + "c3");
		assertThat(hex(Architecture.AARCH64.guard(function))).isEqualTo("fd7bbfa9" + "fd030091" + "d0000058"
				+ "00023fd6" + "49018052" + "0000094a" + "fd7bc1a8" + "c0035fd6" + "8877665544332211");
		assertThat(hex(Architecture.AARCH64.constant(0x4321))).isEqualTo("20648852" + "c0035fd6");
	}

	private static boolean contains(String mapping, long address) {
		String[] range = mapping.substring(0, mapping.indexOf(' ')).split("-");
		return Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
				&& Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0;
	}

	private static String hex(byte[] bytes) {
		return HexFormat.of().formatHex(bytes);
	}

}
