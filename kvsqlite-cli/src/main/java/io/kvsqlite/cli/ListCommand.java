package io.kvsqlite.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

import io.kvsqlite.data.ActorCheck.Presence;
import io.kvsqlite.data.ActorCheck;
import io.kvsqlite.data.JsonLine;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Lists actors.
 */
@Command(name = "list", mixinStandardHelpOptions = true,
		description = {
				"Lists actors, in the order of their ids. What cannot be printed of an id is escaped as in Java.",
				"Exits with 3 if it finds that the store has lost what is behind an id." })
final class ListCommand implements Callable<Integer> {

	private static final int PAGE = 1_000;

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(paramLabel = "STORE")
	private String store = "";

	@Option(names = "--prefix", description = "Only actors whose ids begin with this.")
	private String prefix = "";

	@Option(names = "--after", description = "Begin after this id.")
	private @Nullable String after;

	@Option(names = "--limit", description = "At most so many actors.")
	private long limit = Long.MAX_VALUE;

	@Option(names = "--long", description = "With the keys and bytes of each, separated by tabs.")
	private boolean sizes;

	@Option(names = "--json", description = "Print a JSON object for each actor, one on a line.")
	private boolean json;

	@Option(names = "--null", description = "End each id with a zero byte instead of a line's end, and escape nothing.")
	private boolean zero;

	@Override
	public Integer call() throws IOException {
		if (this.zero && (this.json || this.sizes)) {
			throw new IllegalArgumentException("--null goes with neither --json nor --long");
		}
		boolean damage = false;
		try (KvStore store = KvSqliteCommand.open(this.store, false)) {
			ActorCheck check = new ActorCheck(store);
			String next = this.after;
			long left = this.limit;
			while (left > 0) {
				KvActorPage page = store.actors(this.prefix, next, (int) Math.min(PAGE, left));
				List<Listed> found = page.actorIds().parallelStream().map((id) -> look(store, check, id)).toList();
				for (Listed listed : found) {
					if (listed.presence() != Presence.ABSENT) {
						print(listed);
						left--;
					}
					damage |= listed.presence() == Presence.DAMAGED;
				}
				next = page.next();
				if (next == null) {
					break;
				}
			}
		}
		return damage ? KvSqliteCommand.DAMAGED : 0;
	}

	private Listed look(KvStore store, ActorCheck check, String actorId) {
		Presence presence = check.presence(actorId);
		boolean sized = this.sizes && presence != Presence.ABSENT;
		try {
			return new Listed(actorId, presence, sized ? store.size(actorId) : null);
		}
		catch (KvCorruptionException ex) {
			return new Listed(actorId, Presence.DAMAGED, null);
		}
	}

	private void print(Listed listed) throws IOException {
		if (listed.presence() == Presence.DAMAGED) {
			this.spec.commandLine()
				.getErr()
				.println("kvsqlite: actor '%s' is damaged".formatted(Printable.id(listed.id())));
			this.spec.commandLine().getErr().flush();
		}
		if (this.zero) {
			if (listed.id().indexOf('\0') >= 0) {
				throw new IOException(
						"Actor '%s' has a zero byte in its id, use --json".formatted(Printable.id(listed.id())));
			}
			KvSqliteCommand.printRaw(this.spec, listed.id() + '\0');
		}
		else {
			KvSqliteCommand.print(this.spec, List.of(this.json ? listed.toJson() : listed.toText(this.sizes)));
		}
	}

	/**
	 * An actor to be listed.
	 *
	 * @param id its id
	 * @param presence what there is
	 * @param size how much, {@code null} if it was not asked for or is not known
	 */
	private record Listed(String id, Presence presence, @Nullable KvSize size) {

		String toText(boolean sizes) {
			if (!sizes) {
				return Printable.id(this.id);
			}
			return (this.size != null)
					? "%s\t%d\t%d".formatted(Printable.id(this.id), this.size.keys(), this.size.bytes())
					: Printable.id(this.id) + "\t?\t?";
		}

		String toJson() {
			JsonLine line = new JsonLine().field("actor", this.id).field("damaged", this.presence == Presence.DAMAGED);
			if (this.size != null) {
				line.field("keys", this.size.keys()).field("bytes", this.size.bytes());
			}
			return line.end();
		}

	}

}
