package io.kvsqlite.sqlite;

import io.kvsqlite.vfs.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * A file that SQLite has open.
 *
 * @param actor the actor it belongs to, {@code null} for a temporary file
 * @param file the file
 * @param bytes SQLite's buffer of the call under way
 * @param main whether it is the main database file
 */
record OpenFile(@Nullable ActorBinding actor, VfsFile file, NativeBytes bytes, boolean main) {

	static OpenFile main(ActorBinding actor) {
		return new OpenFile(actor, actor.files().main(), new NativeBytes(), true);
	}

	static OpenFile journal(ActorBinding actor) {
		return new OpenFile(actor, actor.files().journal(), new NativeBytes(), false);
	}

	static OpenFile temporary(VfsFile file) {
		return new OpenFile(null, file, new NativeBytes(), false);
	}

}
