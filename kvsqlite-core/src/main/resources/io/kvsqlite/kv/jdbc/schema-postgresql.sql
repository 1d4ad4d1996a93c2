-- The tables of kvsqlite's PostgreSQL store. The store makes them itself unless told not
-- to; run this where that is a migration's task. Another prefix than kvsqlite_ is fine,
-- when it is replaced throughout and the store is told.

-- The numbers of actors, and what their epochs are counted from. None is used twice.
CREATE SEQUENCE kvsqlite_epochs;

-- The owner record of each actor. lease and opening tell which call of which store object
-- took the epoch; they and the holder are null when no one holds the actor.
CREATE TABLE kvsqlite_actors (
	num bigint NOT NULL PRIMARY KEY,
	id bytea NOT NULL UNIQUE,
	epoch bigint NOT NULL,
	commit_number bigint NOT NULL,
	holder text,
	lease uuid,
	opening bigint
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
