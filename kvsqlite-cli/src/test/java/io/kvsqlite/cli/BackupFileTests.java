package io.kvsqlite.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BackupFile}.
 */
class BackupFileTests {

	private static final List<String> PIECES = List.of("a", "A", "/", ".", "~", "%", "+", " ", "con", "NUL", "ä", "\0",
			"\n", "\ud83d\ude00", "_", "-", "com1", "com1.", "%2F", ".sqlite", "\\", ":");

	private static List<String> ids() {
		List<String> ids = new ArrayList<>(
				List.of("team/1", "x".repeat(256), "ä".repeat(128), "\ud83d\ude00".repeat(64), "\0".repeat(256),
						"X".repeat(256), "..", ".", "con", "CON", "con.txt", "lpt9.x", "a".repeat(200), "a".repeat(201),
						"a".repeat(199) + "/", "a".repeat(198) + "/", "/".repeat(67), "~", "a~", "a~/b"));
		Random random = new Random(3);
		while (ids.size() < 5_000) {
			StringBuilder id = new StringBuilder();
			for (int length = 1 + random.nextInt((ids.size() % 10 == 0) ? 200 : 4); length > 0; length--) {
				id.append(PIECES.get(random.nextInt(PIECES.size())));
			}
			if (id.toString().getBytes(StandardCharsets.UTF_8).length <= 256 && !ids.contains(id.toString())) {
				ids.add(id.toString());
			}
		}
		return ids;
	}

	@Test
	void everyIdShouldHaveAFileOfItsOwnFromWhichItIsRead() {
		Map<String, String> folded = new HashMap<>();
		for (String id : ids()) {
			Path file = BackupFile.of(id);
			assertThat(BackupFile.actorId(file)).isEqualTo(id);
			String taken = folded.put(file.toString().toLowerCase(Locale.ROOT), id);
			assertThat(taken).as("%s has the file of another", id).isNull();
			for (Path name : file) {
				assertThat(name.toString()).hasSizeLessThanOrEqualTo(220).matches("[a-z0-9_%A-F-][a-z0-9._%A-F~-]*");
				assertThat(name.toString()).doesNotMatch("(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");
			}
			assertThat(file.getName(file.getNameCount() - 1).toString()).endsWith(".sqlite");
		}
	}

	@Test
	void plainIdsShouldKeepTheirNames() {
		assertThat(BackupFile.of("team/1")).hasToString("team%2F1.sqlite");
		assertThat(BackupFile.of("Küche")).hasToString("%4B%C3%BCche.sqlite");
		assertThat(BackupFile.of("con")).hasToString("%63on.sqlite");
	}

}
