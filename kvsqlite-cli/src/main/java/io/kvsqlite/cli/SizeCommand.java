package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.data.UnknownActorException;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Says how much an actor holds.
 */
@Command(name = "size", mixinStandardHelpOptions = true, description = "Says how many keys and bytes an actor holds.")
final class SizeCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Parameters(index = "1", paramLabel = "ACTOR")
	private String actor = "";

	@Override
	public Integer call() throws IOException {
		try (KvStore store = KvSqliteCommand.open(this.store, false)) {
			if (store.owner(this.actor) == null) {
				throw new UnknownActorException(this.actor, store.type());
			}
			KvSize size = store.size(this.actor);
			KvSqliteCommand.print(this.spec, List.of("%d keys, %d bytes".formatted(size.keys(), size.bytes())));
			return 0;
		}
	}

}
