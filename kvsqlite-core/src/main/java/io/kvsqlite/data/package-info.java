/**
 * Data in and out: takes actors' databases away as ordinary SQLite files, brings such
 * files in, copies, checks and migrates, one actor or all of a store.
 *
 * <p>
 * Everything here works on a {@link io.kvsqlite.kv.KvStore}, whether or not an
 * {@link io.kvsqlite.ActorDataSourceFactory} is open on it. What only reads does so
 * through {@linkplain io.kvsqlite.kv.KvStore#snapshot snapshots} and takes no actor away
 * from anyone. What writes owns the actor meanwhile; where the same process has the actor
 * open through a factory, use the factory's methods of the same name, which close it
 * first.
 *
 * <p>
 * The package stands beside {@code io.kvsqlite.sqlite}: it knows {@code kv},
 * {@code codec}, {@code vfs} and {@code sqlite}, and of those that stand above only the
 * factory knows it.
 */
@NullMarked
package io.kvsqlite.data;

import org.jspecify.annotations.NullMarked;
