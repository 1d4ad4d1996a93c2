package io.kvsqlite.vfs;

import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvStore;

/**
 * Opens an actor's files for a test, without SQLite.
 */
final class Opened {

	static final String ACTOR = "notes/42";

	static final int SQLITE_VERSION = 3_053_004;

	private static final VfsSettings SETTINGS = new VfsSettings(1024 * 1024, 4, 64);

	private Opened() {
	}

	static ActorFiles files(KvStore store) {
		return files(store, SETTINGS);
	}

	static ActorFiles files(KvStore store, VfsSettings settings) {
		return files(store, settings, new RecordingListener());
	}

	static ActorFiles files(KvStore store, VfsSettings settings, VfsListener listener) {
		return ActorFiles.open(store, ACTOR, settings, listener, SQLITE_VERSION);
	}

	static ActorFiles files(KvStore store, VfsListener listener) {
		return files(store, SETTINGS, listener);
	}

	static ActorSession session(KvStore store, VfsListener listener) {
		KvOpening opening = store.open(ACTOR, new byte[0][]);
		return new ActorSession(store, opening.session(), listener);
	}

}
