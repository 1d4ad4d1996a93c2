/**
 * Whether anything is lost: every fault point, every crash point, every kill and every
 * bad byte, against plain SQLite as the oracle.
 */
@NullMarked
package io.kvsqlite.reliability;

import org.jspecify.annotations.NullMarked;
