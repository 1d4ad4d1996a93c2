package io.kvsqlite.kv;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A page of actor ids.
 *
 * @param actorIds the ids, in the order of their UTF-8 bytes
 * @param next what to pass as {@code after} for the next page, or {@code null} if this
 * was the last
 */
public record KvActorPage(List<String> actorIds, @Nullable String next) {

	public KvActorPage {
		actorIds = List.copyOf(actorIds);
	}

}
