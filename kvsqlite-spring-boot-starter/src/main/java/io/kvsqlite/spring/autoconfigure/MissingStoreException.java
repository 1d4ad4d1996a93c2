package io.kvsqlite.spring.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * No store could be configured, because its library or its connection is missing.
 */
class MissingStoreException extends RuntimeException {

	private final @Nullable StoreType type;

	MissingStoreException(@Nullable StoreType type) {
		super((type != null) ? "The store '%s' cannot be configured".formatted(type) : "No store can be configured");
		this.type = type;
	}

	/**
	 * Return the kind of store that was asked for.
	 * @return the type, {@code null} if none was asked for
	 */
	@Nullable StoreType type() {
		return this.type;
	}

}
