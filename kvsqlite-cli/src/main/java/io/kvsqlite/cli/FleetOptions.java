package io.kvsqlite.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What the commands have in common that work on many actors.
 */
final class FleetOptions {

	@Option(names = "--prefix", description = "Only actors whose ids begin with this.")
	private String prefix = "";

	@Option(names = "--parallelism", description = "How many actors at a time. Default: ${DEFAULT-VALUE}.")
	private int parallelism = 4;

	@Option(names = "--max-failures",
			description = "After how many failures to stop. Default: ${DEFAULT-VALUE}, at the first.")
	private int maxFailures = 1;

	ActorFleet fleet(KvStore store, ProgressBar bar) {
		return new ActorFleet(store, this.prefix).parallelism(this.parallelism)
			.maxFailures(this.maxFailures)
			.listener(bar);
	}

	/**
	 * Print what came of it.
	 * @return the exit status
	 */
	static int report(CommandSpec command, ActorFleet.Report report, String changed, String unchanged)
			throws IOException {
		List<String> lines = new ArrayList<>();
		for (ActorFleet.Failure failure : report.failures()) {
			lines.add("failed: %s: %s".formatted(Printable.id(failure.actorId()),
					KvSqliteCommand.describe(failure.cause())));
		}
		lines.add(String.format(Locale.ROOT, "%d %s, %d %s, %d failed, in %.1f s%s", report.changed(), changed,
				report.unchanged(), unchanged, report.failures().size(), report.duration().toMillis() / 1000.0,
				report.stopped() ? "; stopped, the rest was left out" : ""));
		KvSqliteCommand.print(command, lines);
		return report.isSuccess() ? 0 : KvSqliteCommand.FAILED;
	}

}
