package io.kvsqlite.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checks that the versions which users import are those of the build: the bill of
 * materials has no parent, so it says them once more.
 */
class VersionsTests {

	private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

	private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

	private static String read(String file) throws IOException {
		return Files.readString(ROOT.resolve(file));
	}

	private static String value(String pom, String element) {
		return Pattern.compile("<%1$s>([^<]+)</%1$s>".formatted(Pattern.quote(element)))
			.matcher(pom)
			.results()
			.map((match) -> match.group(1))
			.findFirst()
			.orElseThrow();
	}

	@ParameterizedTest
	@ValueSource(strings = { "version", "jnr-ffi.version", "rocksdbjni.version" })
	void versionOfTheBillOfMaterialsShouldBeThatOfTheBuild(String element) throws IOException {
		assertThat(value(read("kvsqlite-bom/pom.xml"), element)).isEqualTo(value(read("pom.xml"), element));
	}

	@Test
	void everyModuleThatIsPublishedShouldBeInTheBillOfMaterials() throws IOException {
		String bom = read("kvsqlite-bom/pom.xml");
		List<String> modules = MODULE.matcher(read("pom.xml"))
			.results()
			.map((MatchResult match) -> match.group(1))
			.toList();
		assertThat(modules).hasSizeGreaterThan(3);
		for (String module : modules) {
			boolean published = !read(module + "/pom.xml").contains("<maven.deploy.skip>true</maven.deploy.skip>");
			assertThat(bom.contains("<artifactId>%s</artifactId>".formatted(module))).as(module).isEqualTo(published);
		}
	}

	@Test
	void billOfMaterialsShouldBringNoVersionsOfTheBuildItself() throws IOException {
		assertThat(read("kvsqlite-bom/pom.xml")).doesNotContain("<parent>").doesNotContain("<scope>import</scope>");
	}

}
