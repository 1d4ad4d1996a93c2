package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.data.UnknownActorException;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Says how much an actor holds.
 */
@Command(name = "size", mixinStandardHelpOptions = true, description = "Says how many keys and bytes an actor holds.")
final class SizeCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Mixin
	@SuppressWarnings("NullAway.Init")
	private StoredActor source;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = this.source.open()) {
			if (store.owner(this.source.actor()) == null) {
				throw new UnknownActorException(this.source.actor(), store.type());
			}
			KvSize size = store.size(this.source.actor());
			KvSqliteCommand.print(this.spec, List.of("%d keys, %d bytes".formatted(size.keys(), size.bytes())));
			return 0;
		}
	}

}
