package io.kvsqlite.sqlite;

import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.vfs.ActorFailedException;
import io.kvsqlite.vfs.CorruptedActorException;
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

	/**
	 * A callback on this file begins.
	 * @return whether it may do anything
	 */
	boolean enter() {
		return this.actor == null || this.actor.enter();
	}

	/**
	 * A callback on this file ends as it should.
	 * @param code what SQLite is told
	 * @return the same
	 */
	int leave(int code) {
		return (this.actor != null) ? this.actor.leave(code) : code;
	}

	/**
	 * A callback on this file failed. What went wrong is remembered first: whatever fails
	 * after that, it is missed on the way out.
	 * @param code what SQLite is told, unless it has a better word
	 * @return what SQLite is told
	 */
	int failed(Throwable error, int code) {
		ActorBinding actor = this.actor;
		if (actor == null) {
			return code;
		}
		actor.remember(error);
		if (error instanceof CorruptedActorException) {
			return ResultCode.IOERR_CORRUPTFS;
		}
		if (error instanceof ActorFailedException && error.getCause() instanceof KvStoreFullException) {
			return ResultCode.FULL;
		}
		return code;
	}

}
