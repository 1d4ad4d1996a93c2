package io.kvsqlite.testing;

/**
 * The {@link Error} that {@link FaultKind#ERROR_THROWN} throws.
 */
public class InjectedError extends Error {

	public InjectedError(String message) {
		super(message);
	}

}
