package io.kvsqlite.cli;

import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Parameters;

/**
 * What the commands have in common that work on one actor of a store.
 */
final class StoredActor {

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Parameters(index = "1", paramLabel = "ACTOR")
	private String actor = "";

	/**
	 * Open the actor's store, which must exist.
	 */
	KvStore open() {
		return KvSqliteCommand.open(this.store, false);
	}

	/**
	 * Return the store's URL.
	 */
	String store() {
		return this.store;
	}

	/**
	 * Return the actor's id.
	 */
	String actor() {
		return this.actor;
	}

}
