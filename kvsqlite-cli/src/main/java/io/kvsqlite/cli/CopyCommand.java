package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorCopy;
import io.kvsqlite.data.CopiedActor;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Copies an actor.
 */
@Command(name = "copy", mixinStandardHelpOptions = true,
		description = "Copies an actor to another id, or to another store.")
final class CopyCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Mixin
	@SuppressWarnings("NullAway.Init")
	private StoredActor source;

	@Parameters(index = "2", paramLabel = "NEW-ACTOR")
	private String newActor = "";

	@Option(names = "--to", paramLabel = "STORE", description = "The store of the copy, if it is another.")
	private @Nullable String target;

	@Option(names = "--replace", description = "Replace the new actor if it exists.")
	private boolean replace;

	@Override
	public Integer call() throws IOException {
		try (KvStore source = this.source.open()) {
			if (this.target == null || this.target.equals(this.source.store())) {
				return copy(source, source);
			}
			try (KvStore target = KvSqliteCommand.open(this.target, true)) {
				return copy(source, target);
			}
		}
	}

	private int copy(KvStore source, KvStore target) throws IOException {
		try (ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			CopiedActor copied = new ActorCopy(source, target).replacing(this.replace)
				.listener(bar)
				.copy(this.source.actor(), this.newActor);
			KvSqliteCommand.print(this.spec, List.of("%s, %d bytes, sha256 %s"
				.formatted(copied.written() ? "copied" : "equal already", copied.bytes(), copied.contentHash())));
			return 0;
		}
	}

}
