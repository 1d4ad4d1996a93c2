package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Leaves no byte of whatever was deleted in a store's files, and gives its room back.
 */
@Command(name = "purge", mixinStandardHelpOptions = true,
		description = { "Leaves no byte of whatever was deleted in the store's files, and gives its room back.",
				"Rewrites the store, and needs as much room again meanwhile." })
final class PurgeCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(paramLabel = "STORE")
	private String store = "";

	@Override
	public Integer call() throws IOException {
		try (KvStore opened = KvSqliteCommand.open(this.store, false)) {
			opened.purge();
			KvSqliteCommand.print(this.spec, List.of("purged"));
			return 0;
		}
	}

}
