package io.kvsqlite.spring.routing;

import org.jspecify.annotations.Nullable;

/**
 * Does one thing after the other, whatever fails, and keeps what failed: the first with
 * the others suppressed.
 */
final class Failure {

	private @Nullable Throwable first;

	void in(Runnable step) {
		try {
			step.run();
		}
		catch (RuntimeException | Error ex) {
			add(ex);
		}
	}

	void add(@Nullable Throwable failure) {
		if (this.first == null) {
			this.first = failure;
		}
		else if (failure != null && failure != this.first) {
			this.first.addSuppressed(failure);
		}
	}

	@Nullable Throwable first() {
		return this.first;
	}

	void throwFirst() {
		if (this.first instanceof RuntimeException ex) {
			throw ex;
		}
		if (this.first instanceof Error ex) {
			throw ex;
		}
	}

}
