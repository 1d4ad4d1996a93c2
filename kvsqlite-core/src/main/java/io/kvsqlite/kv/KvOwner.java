package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * The owner record of an actor.
 *
 * @param holder the name of the owner that holds the actor, or {@code null} if it was
 * released
 * @param live whether that owner is alive, as far as its lease tells
 * @param epoch the epoch of the ownership that holds the actor, or else of the last one
 * that wrote to it or a later one
 * @param commit the number of the last commit
 */
public record KvOwner(@Nullable String holder, boolean live, long epoch, long commit) {
}
