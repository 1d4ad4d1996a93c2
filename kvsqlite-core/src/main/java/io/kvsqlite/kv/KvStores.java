package io.kvsqlite.kv;

import java.util.ServiceLoader;

/**
 * Opens stores by URL, with the {@linkplain KvStoreProvider providers} on the class path.
 */
public final class KvStores {

	private KvStores() {
	}

	/**
	 * Open a store.
	 * @param url the store's URL
	 * @param create whether a store that does not exist is made, where the kind of store
	 * knows such a difference
	 * @return the store
	 * @throws IllegalArgumentException if no provider accepts the URL, its provider finds
	 * parts that mean nothing to it, or its client library is missing
	 * @throws KvException if the store cannot be opened
	 */
	public static KvStore open(KvStoreUrl url, boolean create) {
		KvStoreProvider provider = provider(url);
		try {
			return provider.open(url, create);
		}
		catch (NoClassDefFoundError ex) {
			throw new IllegalArgumentException(
					"The store %s cannot be opened: its client library is not on the class path, %s is missing"
						.formatted(url, ex.getMessage()),
					ex);
		}
	}

	/**
	 * Return the one URL of a store that can be spelt in several ways. Opens nothing.
	 * @param url the store's URL
	 * @return the URL to tell stores apart by
	 * @throws IllegalArgumentException if no provider accepts the URL
	 */
	public static KvStoreUrl canonical(KvStoreUrl url) {
		return provider(url).canonical(url);
	}

	private static KvStoreProvider provider(KvStoreUrl url) {
		for (KvStoreProvider provider : ServiceLoader.load(KvStoreProvider.class,
				KvStoreProvider.class.getClassLoader())) {
			if (provider.accepts(url)) {
				return provider;
			}
		}
		throw new IllegalArgumentException(
				"No store is known for a URL that begins with '%s:'".formatted(url.scheme()));
	}

}
