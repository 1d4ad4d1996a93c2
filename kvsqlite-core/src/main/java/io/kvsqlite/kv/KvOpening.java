package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * What {@link KvStore#open} returns.
 *
 * @param session the new ownership, which knows the {@linkplain KvSession#lastCommit()
 * last commit} that was found
 * @param values the values of the keys asked for, in their order, {@code null} for an
 * absent one
 */
public record KvOpening(KvSession session, byte[] @Nullable [] values) {
}
