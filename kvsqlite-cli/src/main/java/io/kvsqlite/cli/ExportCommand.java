package io.kvsqlite.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorExport;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Exports an actor.
 */
@Command(name = "export", mixinStandardHelpOptions = true,
		description = "Exports an actor to a SQLite file, as of its last commit.")
final class ExportCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Mixin
	@SuppressWarnings("NullAway.Init")
	private StoredActor source;

	@Parameters(index = "2", paramLabel = "FILE", description = "The file, or - for standard output.")
	private String file = "";

	@Option(names = "--replace", description = "Replace the file if it exists.")
	private boolean replace;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = this.source.open(); ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorExport export = new ActorExport(store).replacing(this.replace).listener(bar);
			if (this.file.equals("-")) {
				export.toStream(this.source.actor(), System.out);
				if (System.out.checkError()) {
					throw new IOException("Actor '%s' could not be exported: standard output is closed or has no room"
						.formatted(Printable.id(this.source.actor())));
				}
			}
			else {
				export.toFile(this.source.actor(), Path.of(this.file));
			}
			return 0;
		}
	}

}
