package io.kvsqlite.spring.test.autoconfigure;

import java.util.Map;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

/**
 * Puts the properties of {@link AutoConfigureKvSqlite} before those of the application
 * and after those of the test. Equal to each other, so that tests share a context.
 */
record KvSqliteContextCustomizer() implements ContextCustomizer {

	private static final MapPropertySource PROPERTIES = new MapPropertySource("kvsqliteTest",
			Map.of("kvsqlite.enabled", "true", "kvsqlite.store.type", "memory", "kvsqlite.routing.enabled", "true",
					"spring.test.database.replace", "NONE"));

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
		MutablePropertySources sources = context.getEnvironment().getPropertySources();
		String ofTest = TestPropertySourceUtils.INLINED_PROPERTIES_PROPERTY_SOURCE_NAME;
		if (sources.contains(ofTest)) {
			sources.addAfter(ofTest, PROPERTIES);
		}
		else {
			sources.addFirst(PROPERTIES);
		}
	}

}
