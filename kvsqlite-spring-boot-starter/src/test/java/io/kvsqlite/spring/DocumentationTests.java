package io.kvsqlite.spring;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.metrics.ActorMetrics;
import io.kvsqlite.spring.metrics.OpenActorsMetrics;
import io.kvsqlite.spring.observation.ActorObservations;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.json.JsonParserFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checks that the documentation has every property and every meter, as they are.
 */
class DocumentationTests {

	private static final Path PAGE = Path.of(System.getProperty("basedir", "."), "..", "docs", "properties.md");

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	/**
	 * The properties of this module by name, as the annotation processor found them.
	 */
	private static Map<String, Map<String, Object>> properties() throws IOException {
		Map<String, Map<String, Object>> properties = new TreeMap<>();
		for (Object element : elements()) {
			Map<String, Object> property = cast(element);
			properties.put((String) property.get("name"), property);
		}
		return properties;
	}

	private static List<Object> elements() throws IOException {
		Enumeration<URL> files = DocumentationTests.class.getClassLoader().getResources(METADATA);
		while (files.hasMoreElements()) {
			try (InputStream file = files.nextElement().openStream()) {
				String json = new String(file.readAllBytes(), StandardCharsets.UTF_8);
				if (json.contains("\"kvsqlite.enabled\"")) {
					List<Object> elements = new ArrayList<>();
					((List<?>) JsonParserFactory.getJsonParser().parseMap(json).get("properties"))
						.forEach(elements::add);
					return elements;
				}
			}
		}
		throw new AssertionError("There is no metadata of this module");
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> cast(Object element) {
		return (Map<String, Object>) element;
	}

	@Test
	void everyPropertyShouldHaveADescription() throws IOException {
		assertThat(properties()).hasSizeGreaterThan(25).allSatisfy((name, property) -> {
			assertThat((String) property.get("description")).as(name)
				.isNotBlank()
				.matches("(?s)[A-Z].*\\.")
				.doesNotStartWith("The ")
				.doesNotStartWith("A ");
			assertThat(property.get("type")).as(name).isNotNull();
		});
	}

	@Test
	void everyPropertyShouldStandInTheDocumentationWithItsDefaultAndDescription() throws IOException {
		String page = Files.readString(PAGE);
		assertThat(properties()).allSatisfy((name, property) -> assertThat(page).contains(row(name, property)));
		long rows = page.lines()
			.filter((line) -> line.matches("\\| `(kvsqlite|management)\\.[a-z.-]+` \\| .*"))
			.count();
		assertThat(rows).isEqualTo(properties().size() + meters().size());
	}

	private static String row(String name, Map<String, Object> property) {
		Object value = property.get("defaultValue");
		return "| `%s` | %s | %s |".formatted(name, (value != null) ? "`" + value + "`" : "",
				property.get("description"));
	}

	@Test
	void everyMeterShouldStandInTheDocumentation() throws IOException {
		String page = Files.readString(PAGE);
		assertThat(meters()).allSatisfy((name, description) -> assertThat(page).contains("| `" + name + "` | ")
			.contains((description != null) ? "| " + description + ". |" : ""));
	}

	/**
	 * The meters of this module with their descriptions, {@code null} for those that
	 * Micrometer makes of an observation.
	 */
	private static Map<String, @Nullable String> meters() {
		Map<String, @Nullable String> meters = new TreeMap<>();
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore()).build()) {
			SimpleMeterRegistry registry = new SimpleMeterRegistry();
			assertThat(new ActorMetrics(registry)).isNotNull();
			new OpenActorsMetrics(factory).bindTo(registry);
			observe(factory, registry);
			for (Meter meter : registry.getMeters()) {
				meters.put(meter.getId().getName(), meter.getId().getDescription());
			}
		}
		return meters;
	}

	private static void observe(ActorDataSourceFactory factory, MeterRegistry registry) {
		ObservationRegistry observations = ObservationRegistry.create();
		observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(registry));
		DataSource dataSource = new ActorObservations(observations).customize("a", factory.dataSource("a"));
		try (Connection connection = dataSource.getConnection()) {
			assertThat(connection.isValid(1)).isTrue();
		}
		catch (SQLException ex) {
			throw new AssertionError(ex);
		}
	}

}
