package io.kvsqlite.kv;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Printable}.
 */
class PrintableTests {

	private static final List<String> PIECES = List.of("a", "/", "\\", "u", "0", "\n", "\r", "\0", "\u001b", "\u0085",
			"\u2028", "\u202e", "\u200b", "\ufeff", "\ud83d\ude00", "ä", "\\u000a", "%", "'");

	@Test
	void plainIdShouldStayAsItIs() {
		String id = "team/1 Küche '\ud83d\ude00'";
		assertThat(Printable.id(id)).isSameAs(id);
		assertThat(Printable.text(id)).isSameAs(id);
	}

	@Test
	void controlCharactersShouldBeEscaped() {
		assertThat(Printable.id("a\nb\\\u001b\u202e\0")).isEqualTo("a\\u000ab\\\\\\u001b\\u202e\\u0000");
		assertThat(Printable.text("a\nb\\")).isEqualTo("a\\u000ab\\");
		assertThat(Printable.text("\ud83d")).isEqualTo("\\ud83d");
	}

	@Test
	void noTwoIdsShouldPrintTheSameAndNothingShouldMoveACursor() {
		Random random = new Random(7);
		Map<String, String> printed = new HashMap<>();
		for (int i = 0; i < 20_000; i++) {
			StringBuilder id = new StringBuilder();
			for (int length = 1 + random.nextInt(4); length > 0; length--) {
				id.append(PIECES.get(random.nextInt(PIECES.size())));
			}
			String text = Printable.id(id.toString());
			assertThat(printed.merge(text, id.toString(), (old, found) -> old)).isEqualTo(id.toString());
			assertThat(text.chars().noneMatch(Character::isISOControl)).isTrue();
			assertThat(Printable.text(text)).isEqualTo(text);
		}
	}

	@Test
	void messageOfAnExceptionShouldBeOneLine() {
		assertThat(new KvActorOwnedException("a\nERROR forged", "me")).hasMessageContaining("a\\u000aERROR forged");
		assertThat(new KvUnavailableException("a\r\nb")).hasMessage("a\\u000d\\u000ab");
	}

}
