package io.kvsqlite.reliability;

import java.util.EnumMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What became of the wrong replies of many runs.
 */
final class WrongReplyFigures {

	private final Map<WrongReply, Integer> counts = new EnumMap<>(WrongReply.class);

	void add(@Nullable WrongReply reply) {
		if (reply != null) {
			this.counts.merge(reply, 1, Integer::sum);
		}
	}

	void print() {
		System.out.printf("reliability: replies with wrong bytes, by what became of them: %s%n", this.counts);
	}

}
