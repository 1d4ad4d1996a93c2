package io.kvsqlite.migration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Scripts and what belongs to them, for Flyway to look among.
 *
 * @param all the resources
 */
record Resources(Collection<LoadableResource> all) implements ResourceProvider {

	Resources {
		all = List.copyOf(all);
	}

	Resources without(Collection<LoadableResource> some) {
		return new Resources(this.all.stream().filter((resource) -> !some.contains(resource)).toList());
	}

	/**
	 * Return the files that configure scripts, and one script.
	 */
	Resources configurationsAnd(LoadableResource script) {
		List<LoadableResource> resources = new ArrayList<>(
				this.all.stream().filter((resource) -> resource.getFilename().endsWith(".conf")).toList());
		resources.add(script);
		return new Resources(resources);
	}

	@Override
	public @Nullable LoadableResource getResource(String name) {
		return this.all.stream()
			.filter((resource) -> resource.getRelativePath().equalsIgnoreCase(name))
			.findFirst()
			.orElse(null);
	}

	@Override
	public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
		return this.all.stream()
			.filter((resource) -> resource.getFilename().startsWith(prefix)
					&& Arrays.stream(suffixes).anyMatch(resource.getFilename()::endsWith))
			.toList();
	}

}
