-- The tables of kvsqlite's PostgreSQL store. The store makes them itself unless told not
-- to; run this where that is a migration's task. Another prefix than kvsqlite_ is fine,
-- when it is replaced throughout and the store is told.

-- The numbers of actors, and what their epochs are counted from. None is used twice, unless
-- the server goes back in time.
CREATE SEQUENCE kvsqlite_epochs;

-- The owner record of each actor. fence is the random number of the opening that has it,
-- lease and opening tell which call of which store object that was; they and the holder
-- are null when no one holds the actor. commit_fence is the fence of the opening that made
-- the last commit, zero if there is none or it is of a version that kept no fences.
CREATE TABLE kvsqlite_actors (
	num bigint NOT NULL PRIMARY KEY,
	id bytea NOT NULL UNIQUE,
	epoch bigint NOT NULL,
	commit_number bigint NOT NULL,
	holder text,
	lease uuid,
	opening bigint,
	fence uuid,
	commit_fence uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);

-- The namespaces: actor is kvsqlite_actors.num. There is no foreign key, because each
-- write is checked against the owner record anyway.
CREATE TABLE kvsqlite_chunks (
	actor bigint NOT NULL,
	key bytea NOT NULL,
	value bytea NOT NULL,
	PRIMARY KEY (actor, key)
);

-- One row for each store object that is alive.
CREATE TABLE kvsqlite_leases (
	lease uuid NOT NULL PRIMARY KEY,
	holder text NOT NULL,
	expires timestamptz NOT NULL
);

-- From here on only for PostgreSQL itself: the servers that speak its protocol have
-- storage of their own.

-- Out of line and not compressed, and rows that are rewritten all the time in place.
ALTER TABLE kvsqlite_chunks ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE kvsqlite_chunks SET (fillfactor = 50);
ALTER TABLE kvsqlite_actors SET (fillfactor = 50);
ALTER TABLE kvsqlite_leases SET (fillfactor = 50);
