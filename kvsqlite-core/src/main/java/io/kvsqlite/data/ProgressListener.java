package io.kvsqlite.data;

/**
 * Hears how far a long operation has come. Called on the thread that does the work, after
 * each piece of at most 1 MiB or so; what it throws ends the operation.
 */
@FunctionalInterface
public interface ProgressListener {

	/**
	 * Listens to nothing.
	 */
	ProgressListener NONE = (actorId, done, total) -> {
	};

	/**
	 * A piece of work was done.
	 * @param actorId the actor
	 * @param done the bytes of its database that are done, from 0 again when the
	 * operation has to start over
	 * @param total the bytes of its database
	 */
	void progress(String actorId, long done, long total);

}
