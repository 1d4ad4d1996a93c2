package io.kvsqlite.docs;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checks the pages themselves: their links, their spelling, and that the code in them is
 * code that tests run.
 */
class PagesTests {

	private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

	private static final Pattern BLOCK = Pattern.compile("(?m)^```(\\w*)\\n([\\s\\S]*?)^```$");

	private static final Pattern CODE = Pattern.compile("`[^`\\n]+`");

	private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

	private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");

	private static final Pattern WORD = Pattern.compile("(?<![\\w@/.-])[A-Za-z][a-z]+(?:'[a-z]+)?(?![\\w@/])");

	private static final Pattern PROPERTY = Pattern.compile("(?m)^(kvsqlite\\.[a-z0-9.-]+)=");

	/**
	 * The pages that are checked for their spelling, against the words in
	 * {@code spelling.txt}.
	 */
	private static final List<String> SPELT = List.of("README.md", "docs/getting-started.md", "docs/how-it-works.md",
			"docs/multi-tenancy.md", "docs/migrations.md", "docs/operations.md", "docs/testing.md", "docs/limits.md",
			"docs/faq.md", "docs/stores/memory.md", "docs/stores/rocksdb.md", "docs/platforms.md",
			"docs/data-types.md");

	static Stream<String> pages() throws IOException {
		try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
			List<String> pages = new ArrayList<>(files.filter((file) -> file.toString().endsWith(".md"))
				.map((file) -> ROOT.relativize(file).toString().replace('\\', '/'))
				.filter((page) -> !page.contains("/target/"))
				.sorted()
				.toList());
			pages.add(0, "README.md");
			return pages.stream();
		}
	}

	private static String read(String page) throws IOException {
		return Files.readString(ROOT.resolve(page));
	}

	@ParameterizedTest
	@MethodSource("pages")
	void everyLinkShouldLeadSomewhere(String page) throws IOException {
		String prose = CODE.matcher(BLOCK.matcher(read(page)).replaceAll("")).replaceAll("");
		for (MatchResult link : LINK.matcher(prose).results().toList()) {
			String target = link.group(1);
			if (target.matches("https?:.*")) {
				continue;
			}
			String[] parts = target.split("#", 2);
			Path file = parts[0].isEmpty() ? ROOT.resolve(page)
					: ROOT.resolve(page).resolveSibling(parts[0]).normalize();
			assertThat(file).as("%s: %s", page, target).exists();
			if (parts.length > 1) {
				assertThat(anchors(file)).as("%s: %s", page, target).contains(parts[1]);
			}
		}
	}

	private static List<String> anchors(Path page) throws IOException {
		return HEADING.matcher(BLOCK.matcher(Files.readString(page)).replaceAll(""))
			.results()
			.map((heading) -> heading.group(1)
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-'))
			.toList();
	}

	/**
	 * A block of Java stands, word for word, in the source of a test or of the sample;
	 * and so does each of its imports, which a class's Javadoc parts from it there.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void everyBlockOfJavaShouldBeCodeThatTestsRun(String page) throws IOException {
		List<String> blocks = blocks(page, "java");
		String sources = blocks.isEmpty() ? "" : sources();
		assertThat(blocks.stream().filter((block) -> !isIn(sources, block))).isEmpty();
	}

	private static boolean isIn(String sources, String block) {
		Map<Boolean, List<String>> lines = normalized(block).lines()
			.collect(Collectors.partitioningBy((line) -> line.startsWith("import ")));
		return lines.get(true).stream().allMatch((line) -> sources.contains(line + "\n"))
				&& sources.contains(String.join("\n", lines.get(false)));
	}

	private static List<String> blocks(String page, String language) throws IOException {
		return BLOCK.matcher(read(page))
			.results()
			.filter((block) -> block.group(1).equals(language))
			.map((block) -> block.group(2))
			.toList();
	}

	private static String sources() throws IOException {
		StringBuilder sources = new StringBuilder();
		for (String module : List.of("docs", "kvsqlite-core", "kvsqlite-spring-boot-starter",
				"kvsqlite-spring-boot-test", "kvsqlite-cli", "sample-app", "benchmarks")) {
			Path directory = ROOT.resolve(module).resolve("src/test/java");
			if (Files.exists(directory)) {
				try (Stream<Path> files = Files.walk(directory)) {
					for (Path file : files.filter((candidate) -> candidate.toString().endsWith(".java")).toList()) {
						sources.append(normalized(Files.readString(file)));
					}
				}
			}
		}
		return sources.toString();
	}

	/**
	 * Without indentation and empty lines.
	 */
	private static String normalized(String code) {
		return code.lines()
			.map(String::strip)
			.filter((line) -> !line.isEmpty())
			.collect(Collectors.joining("\n", "", "\n"));
	}

	@Test
	void migrationOfTheGuideShouldBeTheOneThatIsRun() throws IOException {
		assertThat(blocks("docs/getting-started.md", "sql"))
			.containsExactly(Files.readString(Path.of("src/test/resources/db/actor/V1__notes.sql")));
	}

	@ParameterizedTest
	@MethodSource("pages")
	void everyPropertyShouldExist(String page) throws IOException {
		String metadata = metadata();
		for (String block : blocks(page, "properties")) {
			assertThat(PROPERTY.matcher(block).results().map((property) -> property.group(1)))
				.allSatisfy((name) -> assertThat(metadata)
					.contains("\"name\": \"" + name.replaceAll("(kvsqlite\\.actors\\.pragmas)\\..*", "$1") + "\""));
		}
	}

	private static String metadata() throws IOException {
		for (URL url : Collections
			.list(PagesTests.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream file = url.openStream()) {
				String json = new String(file.readAllBytes(), StandardCharsets.UTF_8);
				if (json.contains("\"kvsqlite.enabled\"")) {
					return json;
				}
			}
		}
		throw new AssertionError("There is no metadata of the starter");
	}

	/**
	 * A word that is right and new belongs into {@code spelling.txt}, in its place in the
	 * alphabet.
	 */
	@Test
	void wordsShouldBeSpeltAsEverywhere() throws IOException {
		List<String> words = Files.readAllLines(Path.of("src/test/resources/spelling.txt"));
		assertThat(words).isSorted().doesNotHaveDuplicates();
		Set<String> known = new HashSet<>(words);
		Set<String> unknown = new TreeSet<>();
		for (String page : SPELT) {
			words(read(page)).filter((word) -> !known.contains(word))
				.forEach((word) -> unknown.add(word + " in " + page));
		}
		assertThat(unknown).isEmpty();
	}

	static Stream<String> words(String page) {
		String prose = BLOCK.matcher(page).replaceAll("");
		prose = CODE.matcher(prose).replaceAll(" ");
		prose = prose.replaceAll("\\]\\([^)]*\\)", "] ").replaceAll("https?://\\S+", " ");
		return WORD.matcher(prose).results().map((word) -> word.group().toLowerCase(Locale.ROOT));
	}

	@Test
	void readmeShouldBeAPageThatPeopleRead() throws IOException {
		assertThat(read("README.md").lines().count()).isBetween(150L, 250L);
	}

}
