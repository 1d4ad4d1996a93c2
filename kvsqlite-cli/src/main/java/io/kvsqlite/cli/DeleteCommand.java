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

	@Option(names = "--purge",
			description = { "Leave no byte of it in the store's files, even if it was deleted before.",
					"Refused, and nothing is deleted, where the store cannot promise that." })
	private boolean purge;

	@Override
	public Integer call() throws IOException {
		try (KvStore store = this.source.open()) {
			String actor = this.source.actor();
			boolean existed = this.purge ? store.purge(actor, this.force) : store.delete(actor, this.force);
			String outcome = existed ? "deleted" : "there was no such actor";
			KvSqliteCommand.print(this.spec, List.of(this.purge ? outcome + ", and purged" : outcome));
			return 0;
		}
	}

}
