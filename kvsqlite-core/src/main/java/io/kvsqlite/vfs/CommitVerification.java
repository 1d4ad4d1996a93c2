package io.kvsqlite.vfs;

/**
 * Looks at one transaction before it commits, and hears whether it did. Called by the
 * thread that holds the connection, within SQLite's calls.
 */
public interface CommitVerification {

	/**
	 * All pages of the transaction were written: the {@linkplain ActorFiles#main() main
	 * file} reads as it will afterwards, but for a tail that SQLite cuts off later, and
	 * nothing of it counts yet. Where the transaction is stored in parts, what is read is
	 * what the store holds. Whatever is thrown refuses the transaction, which SQLite then
	 * rolls back.
	 */
	void verify();

	/**
	 * The transaction committed: the store has confirmed it. Must not fail.
	 */
	void committed();

}
