/**
 * The store on Redis, through Lettuce: a standalone server, one that Sentinel watches, or
 * a Cluster.
 */
@NullMarked
package io.kvsqlite.kv.redis;

import org.jspecify.annotations.NullMarked;
