package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.kv.KvStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Deletes an actor.
 */
@Command(name = "delete", mixinStandardHelpOptions = true,
		description = "Deletes an actor for good, with everything the store keeps of it.")
final class DeleteCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Mixin
	@SuppressWarnings("NullAway.Init")
	private StoredActor source;

	@Option(names = "--force", description = "Delete it even while somebody uses it.")
	private boolean force;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = this.source.open()) {
			boolean existed = store.delete(this.source.actor(), this.force);
			KvSqliteCommand.print(this.spec, List.of(existed ? "deleted" : "there was no such actor"));
			return 0;
		}
	}

}
