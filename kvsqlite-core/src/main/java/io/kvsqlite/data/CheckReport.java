package io.kvsqlite.data;

import java.util.List;
import java.util.Locale;

import io.kvsqlite.kv.Printable;

/**
 * What a check found of an actor.
 *
 * @param actorId the actor
 * @param commit the number of the commit that was checked
 * @param bytes the size of the database in bytes, -1 if it is not known
 * @param journal what lies beside the database
 * @param findings what is wrong, none if all is well
 */
public record CheckReport(String actorId, long commit, long bytes, Journal journal, List<Finding> findings) {

	public CheckReport {
		findings = List.copyOf(findings);
	}

	/**
	 * Return whether the actor can be trusted: nothing was found, or only keys that
	 * belong to nothing.
	 * @return whether there is no damage
	 */
	public boolean isSound() {
		return this.findings.stream().noneMatch((finding) -> finding.kind().isDamage());
	}

	/**
	 * Return the report as lines for a person.
	 * @return a line, and one for each finding
	 */
	public String toText() {
		StringBuilder text = new StringBuilder("%s: %s, commit %d, %s%s".formatted(Printable.id(this.actorId),
				this.findings.isEmpty() ? "ok" : (isSound() ? "sound, with remarks" : "DAMAGED"), this.commit,
				(this.bytes >= 0) ? this.bytes + " bytes" : "size unknown", this.journal.text));
		for (Finding finding : this.findings) {
			text.append("\n  ").append(finding.kind().text).append(": ").append(Printable.text(finding.message()));
		}
		return text.toString();
	}

	/**
	 * Return the report as a JSON object on one line.
	 * @return the object
	 */
	public String toJson() {
		JsonLine json = new JsonLine().field("actor", this.actorId)
			.field("sound", isSound())
			.field("commit", this.commit)
			.field("bytes", (this.bytes >= 0) ? this.bytes : null)
			.field("journal", this.journal.name().toLowerCase(Locale.ROOT));
		List<String> items = this.findings.stream()
			.map((finding) -> new JsonLine().field("kind", finding.kind().name().toLowerCase(Locale.ROOT))
				.field("damage", finding.kind().isDamage())
				.field("message", finding.message())
				.end())
			.toList();
		return json.raw("findings", "[" + String.join(",", items) + "]").end();
	}

	/**
	 * What lies beside a database.
	 */
	public enum Journal {

		/**
		 * Nothing, as it should be between transactions.
		 */
		NONE(""),

		/**
		 * A journal that ended; the next transaction deletes it.
		 */
		ENDED(", beside it a journal that ended"),

		/**
		 * The journal of a transaction that is under way, or that a crash cut off: the
		 * next open rolls it back.
		 */
		HOT(", beside it the journal of a transaction that is under way or was cut off");

		private final String text;

		Journal(String text) {
			this.text = text;
		}

	}

	/**
	 * Something that is not as it should be.
	 *
	 * @param kind what kind of thing
	 * @param message what it is
	 */
	public record Finding(Kind kind, String message) {
	}

	/**
	 * The kinds of findings.
	 */
	public enum Kind {

		/**
		 * The metadata of a file cannot be used.
		 */
		METADATA(true, "metadata"),

		/**
		 * A chunk is missing or has a wrong length.
		 */
		CHUNK(true, "chunk"),

		/**
		 * SQLite finds the database damaged.
		 */
		SQLITE(true, "SQLite"),

		/**
		 * Chunks beyond the end of their file. They take room and do no harm; a
		 * {@linkplain ActorCheck#repair repair} removes them.
		 */
		STRAY(false, "stray"),

		/**
		 * Keys that are not of this format. Nothing reads them, and nothing removes them.
		 */
		FOREIGN(false, "foreign");

		private final boolean damage;

		private final String text;

		Kind(boolean damage, String text) {
			this.damage = damage;
			this.text = text;
		}

		/**
		 * Return whether such a finding means that data may be lost.
		 * @return whether it is damage
		 */
		public boolean isDamage() {
			return this.damage;
		}

	}

}
