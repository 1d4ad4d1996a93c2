package io.kvsqlite.cli;

import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorCopy;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.data.CopiedActor;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Moves actors to another store.
 */
@Command(name = "move-all", mixinStandardHelpOptions = true,
		description = { "Moves actors to another store: copies each, compares the copy by a content hash, deletes it.",
				"Broken off, it goes on where it was when it is started again." })
final class MoveAllCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "SOURCE")
	private String source = "";

	@Parameters(index = "1", paramLabel = "TARGET")
	private String target = "";

	@Option(names = "--keep", description = "Copy only; keep the source.")
	private boolean keep;

	@Option(names = "--replace", description = "Replace actors of the target that are not equal.")
	private boolean replace;

	@Mixin
	private FleetOptions options = new FleetOptions();

	@Override
	public Integer call() throws Exception {
		if (this.source.equals(this.target)) {
			throw new IllegalArgumentException("Source and target are the same store");
		}
		try (KvStore source = KvSqliteCommand.open(this.source, false);
				KvStore target = KvSqliteCommand.open(this.target, true);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorCopy copy = new ActorCopy(source, target).replacing(this.replace);
			ActorFleet.Report report = this.options.fleet(source, bar).forEach((actorId) -> {
				CopiedActor copied = this.keep ? copy.copy(actorId, actorId) : copy.move(actorId, actorId);
				bar.addBytes(copied.bytes());
				return copied.written() || !this.keep;
			});
			return FleetOptions.report(this.spec, report, this.keep ? "copied" : "moved", "equal already");
		}
	}

}
