package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

import io.kvsqlite.data.ActorCheck;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.data.CheckReport;
import io.kvsqlite.data.UnknownActorException;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Checks actors.
 */
@Command(name = "check", mixinStandardHelpOptions = true,
		description = "Checks an actor, or all, for damage. Exits with 3 if there is any.")
final class CheckCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Parameters(index = "1", arity = "0..1", paramLabel = "ACTOR", description = "One actor; all if it is left out.")
	private @Nullable String actor;

	@Option(names = "--quick", description = "Do not compare indexes with their tables.")
	private boolean quick;

	@Option(names = "--json", description = "Print a JSON object for each actor, one on a line.")
	private boolean json;

	@Mixin
	private FleetOptions options = new FleetOptions();

	@Override
	public Integer call() throws Exception {
		try (KvStore store = KvSqliteCommand.open(this.store, false);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			ActorCheck check = new ActorCheck(store).full(!this.quick);
			if (this.actor != null) {
				CheckReport report = check.listener(bar).check(this.actor);
				print(report);
				return report.isSound() ? 0 : KvSqliteCommand.DAMAGED;
			}
			AtomicBoolean damage = new AtomicBoolean();
			ActorFleet.Report report = this.options.fleet(store, bar).forEach((actorId) -> {
				CheckReport found;
				try {
					found = check.check(actorId);
				}
				catch (UnknownActorException ex) {
					// it was deleted since it was listed, or is a copy that is not
					// finished
					return true;
				}
				bar.addBytes(Math.max(0, found.bytes()));
				if (!found.isSound()) {
					damage.set(true);
				}
				if (this.json || !found.findings().isEmpty()) {
					print(found);
				}
				return found.isSound();
			});
			int status = this.json ? (report.isSuccess() ? 0 : KvSqliteCommand.FAILED)
					: FleetOptions.report(this.spec, report, "sound", "damaged");
			return damage.get() ? KvSqliteCommand.DAMAGED : status;
		}
	}

	private synchronized void print(CheckReport report) throws IOException {
		KvSqliteCommand.print(this.spec, List.of(this.json ? report.toJson() : report.toText()));
	}

}
