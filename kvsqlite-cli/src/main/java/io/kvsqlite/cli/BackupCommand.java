package io.kvsqlite.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.data.OwnerOnly;
import io.kvsqlite.data.UnknownActorException;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Exports many actors, a file each.
 */
@Command(name = "backup", mixinStandardHelpOptions = true,
		description = { "Exports actors to a directory, a SQLite file each.",
				"A file is named after its actor, percent-encoded, with .sqlite at the end.",
				"Files and directories are readable by their owner only." })
final class BackupCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Parameters(index = "1", paramLabel = "DIRECTORY", description = "Made if it does not exist.")
	private Path directory = Path.of("");

	@Option(names = "--replace", description = "Replace files that exist, each in one step. Otherwise they are kept.")
	private boolean replace;

	@Mixin
	private FleetOptions options = new FleetOptions();

	@Override
	public Integer call() throws Exception {
		Files.createDirectories(this.directory, OwnerOnly.directory(this.directory));
		try (KvStore store = KvSqliteCommand.open(this.store, false);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorExport export = new ActorExport(store).replacing(this.replace);
			ActorFleet.Report report = this.options.fleet(store, bar).forEach((actorId) -> {
				Path file = this.directory.resolve(BackupFile.of(actorId));
				if (!this.replace && Files.exists(file)) {
					return false;
				}
				Path parent = file.toAbsolutePath().getParent();
				if (parent != null) {
					Files.createDirectories(parent, OwnerOnly.directory(parent));
				}
				try {
					export.toFile(actorId, file);
				}
				catch (UnknownActorException ex) {
					// it was deleted since it was listed, or is a copy that is not
					// finished
					return false;
				}
				bar.addBytes(Files.size(file));
				return true;
			});
			return FleetOptions.report(this.spec, report, "exported", "kept");
		}
	}

}
