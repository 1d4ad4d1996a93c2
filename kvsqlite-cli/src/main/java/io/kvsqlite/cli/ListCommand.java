package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Lists actors.
 */
@Command(name = "list", mixinStandardHelpOptions = true, description = "Lists actors, in the order of their ids.")
final class ListCommand implements Callable<Integer> {

	private static final int PAGE = 1_000;

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(paramLabel = "STORE")
	private String store = "";

	@Option(names = "--prefix", description = "Only actors whose ids begin with this.")
	private String prefix = "";

	@Option(names = "--after", description = "Begin after this id.")
	private @Nullable String after;

	@Option(names = "--limit", description = "At most so many actors.")
	private long limit = Long.MAX_VALUE;

	@Option(names = "--long", description = "With the keys and bytes of each, separated by tabs.")
	private boolean sizes;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = KvSqliteCommand.open(this.store, false)) {
			String next = this.after;
			long left = this.limit;
			while (left > 0) {
				KvActorPage page = store.actors(this.prefix, next, (int) Math.min(PAGE, left));
				List<String> lines = page.actorIds().stream().map((actorId) -> line(store, actorId)).toList();
				KvSqliteCommand.print(this.spec, lines);
				left -= lines.size();
				next = page.next();
				if (next == null) {
					break;
				}
			}
			return 0;
		}
	}

	private String line(KvStore store, String actorId) {
		if (!this.sizes) {
			return actorId;
		}
		KvSize size = store.size(actorId);
		return "%s\t%d\t%d".formatted(actorId, size.keys(), size.bytes());
	}

}
