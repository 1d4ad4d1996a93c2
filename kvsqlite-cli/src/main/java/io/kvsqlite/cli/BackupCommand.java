package io.kvsqlite.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
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
				"A file is named after its actor, percent-encoded, with .sqlite at the end." })
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
		Files.createDirectories(this.directory);
		try (KvStore store = KvSqliteCommand.open(this.store, false);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorExport export = new ActorExport(store).replacing(this.replace);
			ActorFleet.Report report = this.options.fleet(store, bar).forEach((actorId) -> {
				Path file = this.directory.resolve(fileName(actorId));
				if (!this.replace && Files.exists(file)) {
					return false;
				}
				export.toFile(actorId, file);
				bar.addBytes(Files.size(file));
				return true;
			});
			return FleetOptions.report(this.spec, report, "exported", "kept");
		}
	}

	/**
	 * Return a name that is a file's everywhere, and from which the id can be read.
	 */
	static String fileName(String actorId) {
		return URLEncoder.encode(actorId, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A") + ".sqlite";
	}

}
