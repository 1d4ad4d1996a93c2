package io.kvsqlite.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorCheck;
import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Repairs an actor, where that is safe.
 */
@Command(name = "repair", mixinStandardHelpOptions = true,
		description = "Checks an actor and removes chunks that belong to nothing, if it is sound without them.")
final class RepairCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Mixin
	@SuppressWarnings("NullAway.Init")
	private StoredActor source;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = this.source.open()) {
			ActorCheck.Repair repair = new ActorCheck(store).repair(this.source.actor());
			List<String> lines = new ArrayList<>(List.of(repair.before().toText()));
			lines.addAll(repair.actions().isEmpty() ? List.of("nothing was to be done") : repair.actions());
			KvSqliteCommand.print(this.spec, lines);
			return repair.before().isSound() ? 0 : KvSqliteCommand.DAMAGED;
		}
	}

}
