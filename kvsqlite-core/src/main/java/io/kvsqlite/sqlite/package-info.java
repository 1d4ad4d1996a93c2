/**
 * The binding to the SQLite inside sqlite-jdbc: a virtual file system made of callbacks,
 * registered without native code of our own. The only place with raw addresses.
 */
@NullMarked
package io.kvsqlite.sqlite;

import org.jspecify.annotations.NullMarked;
