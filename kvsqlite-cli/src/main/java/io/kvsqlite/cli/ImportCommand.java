package io.kvsqlite.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorImport;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Imports a file as an actor.
 */
@Command(name = "import", mixinStandardHelpOptions = true,
		description = "Imports a SQLite file as an actor, with the journal or log beside it.")
final class ImportCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Parameters(index = "1", paramLabel = "FILE", description = "The file, or - for standard input.")
	private String file = "";

	@Parameters(index = "2", paramLabel = "ACTOR")
	private String actor = "";

	@Option(names = "--replace", description = "Replace the actor if it exists.")
	private boolean replace;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = KvSqliteCommand.open(this.store, true);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorImport in = new ActorImport(store).replacing(this.replace).listener(bar);
			if (this.file.equals("-")) {
				in.fromStream(System.in, this.actor);
			}
			else {
				in.fromFile(Path.of(this.file), this.actor);
			}
			return 0;
		}
	}

}
