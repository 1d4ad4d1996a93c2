package io.kvsqlite.kv;

/**
 * Opens stores by URL: what makes a kind of store known to the JDBC driver and to the
 * command-line tool. Found by {@link java.util.ServiceLoader}, so an implementation has a
 * public constructor without parameters, and touches no client library before
 * {@link #open}.
 */
public interface KvStoreProvider {

	/**
	 * Return whether this provider opens such a store.
	 * @param url the store's URL
	 * @return whether it is one for {@link #open}
	 */
	boolean accepts(KvStoreUrl url);

	/**
	 * Open a store.
	 * @param url the store's URL
	 * @param create whether a store that does not exist is made, where the kind of store
	 * knows such a difference
	 * @return the store, which closes with it what this method opened
	 * @throws IllegalArgumentException if the URL has parts that mean nothing here
	 * @throws KvException if the store cannot be opened
	 */
	KvStore open(KvStoreUrl url, boolean create);

	/**
	 * Return the one URL of a store that can be spelt in several ways, such as a
	 * directory with a link on its path. Opens nothing, and never fails because there is
	 * no such store.
	 * @param url the store's URL
	 * @return the URL to tell stores apart by, the same one unless overridden
	 */
	default KvStoreUrl canonical(KvStoreUrl url) {
		return url;
	}

}
