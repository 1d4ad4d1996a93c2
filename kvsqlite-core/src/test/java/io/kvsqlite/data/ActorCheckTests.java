package io.kvsqlite.data;

import java.nio.ByteBuffer;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.data.CheckReport.Finding;
import io.kvsqlite.data.CheckReport.Journal;
import io.kvsqlite.data.CheckReport.Kind;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorCheck}.
 */
class ActorCheckTests {

	private final MemoryKvStore store = new MemoryKvStore(KvLimits.REFERENCE);

	private final ActorCheck check = new ActorCheck(this.store);

	private final StoredActor stored = new StoredActor(this.store, "a");

	@BeforeEach
	void createActor() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
	}

	@Test
	void soundActorShouldHaveNoFindings() throws Exception {
		CheckReport report = this.check.check("a");
		assertThat(report.findings()).isEmpty();
		assertThat(report.isSound()).isTrue();
		assertThat(report.bytes()).isEqualTo(this.stored.size(FileTag.MAIN));
		assertThat(report.commit()).isEqualTo(this.store.owner("a").commit());
		assertThat(report.journal()).isEqualTo(Journal.NONE);
		assertThat(report.toText()).isEqualTo("a: ok, commit %d, %d bytes".formatted(report.commit(), report.bytes()));
		assertThat(report.toJson()).isEqualTo(
				"{\"actor\":\"a\",\"sound\":true,\"commit\":%d,\"bytes\":%d,\"journal\":\"none\",\"findings\":[]}"
					.formatted(report.commit(), report.bytes()));
	}

	@Test
	void checkShouldNotTakeTheActorFromWhoeverHasIt() throws Exception {
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), "BEGIN; UPDATE t SET name = 'open', body = zeroblob(900)");
			CheckReport report = this.check.check("a");
			assertThat(report.journal()).isEqualTo(Journal.HOT);
			assertThat(report.findings()).isEmpty();
			Sql.execute(actor.connection(), "COMMIT");
		}
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t WHERE name = 'open'"))
			.containsExactly("2001");
	}

	@Test
	void missingChunkShouldBeNamed() throws Exception {
		this.stored.remove(ChunkKeys.chunk(FileTag.MAIN, 12));
		assertFinding(Kind.CHUNK, "chunk 12 of its main database is missing");
	}

	@Test
	void shortChunkShouldBeNamed() throws Exception {
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 12), new byte[12]);
		assertFinding(Kind.CHUNK, "chunk 12 of its main database has 12 bytes instead of 4096");
	}

	@Test
	void metadataOfANewerVersionShouldBeNamed() throws Exception {
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), new byte[] { 2, 0, 0, 16, 0, 0, 0, 0, 0, 0 });
		assertFinding(Kind.METADATA, "it has version 2");
	}

	@Test
	void missingMetadataShouldBeNamed() throws Exception {
		this.stored.remove(ChunkKeys.metadata(FileTag.MAIN));
		assertFinding(Kind.METADATA, "metadata of its main database");
	}

	@Test
	void pageThatSqliteFindsDamagedShouldBeNamed() throws Exception {
		byte[] page = this.stored.get(ChunkKeys.chunk(FileTag.MAIN, 5)).clone();
		ByteBuffer.wrap(page).putInt(0, 0x77777777);
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 5), page);
		assertFinding(Kind.SQLITE, "");
	}

	@Test
	void indexThatMissesARowShouldBeFoundByTheFullCheckOnly() throws Exception {
		Sql.onActor(this.store, "a", """
				PRAGMA writable_schema=ON;
				UPDATE sqlite_schema SET sql = 'CREATE INDEX t_name ON t (name) WHERE id < 0' WHERE name = 't_name';
				""");
		Sql.onActor(this.store, "a", "INSERT INTO t (name) VALUES ('not indexed')");
		Sql.onActor(this.store, "a", """
				PRAGMA writable_schema=ON;
				UPDATE sqlite_schema SET sql = 'CREATE INDEX t_name ON t (name)' WHERE name = 't_name';
				""");
		assertFinding(Kind.SQLITE, "t_name");
	}

	private void assertFinding(Kind kind, String message) throws Exception {
		CheckReport report = this.check.check("a");
		assertThat(report.isSound()).isFalse();
		assertThat(report.findings()).extracting(Finding::kind).containsOnly(kind);
		assertThat(report.findings().get(0).message()).contains(message);
		assertThat(report.toText()).contains("DAMAGED").contains(message);
		assertThat(report.toJson()).contains("\"sound\":false").contains("\"damage\":true");
		ActorCheck.Repair repair = this.check.repair("a");
		assertThat(repair.actions()).as("what a repair did to a damaged actor")
			.noneMatch((it) -> it.contains("removed"));
	}

	@Test
	void strayChunksShouldBeReportedAndRemovedByARepair() throws Exception {
		byte[] before = this.stored.bytes(FileTag.MAIN);
		long end = ChunkKeys.chunkCount(before.length);
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, end), new byte[4096]);
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, end + 1000), new byte[1]);
		this.stored.put(ChunkKeys.chunk(FileTag.JOURNAL, 3), new byte[1]);
		CheckReport report = this.check.check("a");
		assertThat(report.isSound()).isTrue();
		assertThat(report.findings()).containsExactly(
				new Finding(Kind.STRAY, "2 chunks beyond the end of the main database, the first is chunk " + end),
				new Finding(Kind.STRAY, "1 chunk beyond the end of the rollback journal, the first is chunk 3"));
		ActorCheck.Repair repair = this.check.repair("a");
		assertThat(repair.before()).isEqualTo(report);
		assertThat(repair.actions()).containsExactly(
				"removed all chunks of the main database from chunk %d on".formatted(end),
				"removed all chunks of a rollback journal that does not exist");
		this.stored.assertNothingButAMainDatabase();
		assertThat(this.stored.bytes(FileTag.MAIN)).isEqualTo(before);
		assertThat(this.check.repair("a").actions()).isEmpty();
	}

	@Test
	void strayChunksOfADamagedActorShouldBeLeft() throws Exception {
		long end = ChunkKeys.chunkCount(this.stored.size(FileTag.MAIN));
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode((end - 3) * 4096));
		ActorCheck.Repair repair = this.check.repair("a");
		assertThat(repair.actions()).hasSize(1).allMatch((it) -> it.startsWith("nothing was done"));
		assertThat(this.stored.get(ChunkKeys.chunk(FileTag.MAIN, end - 1))).isNotNull();
	}

	@Test
	void foreignKeysShouldBeReportedAndLeft() throws Exception {
		this.stored.put(new byte[] { 9, 9 }, new byte[1]);
		CheckReport report = this.check.check("a");
		assertThat(report.isSound()).isTrue();
		assertThat(report.findings())
			.containsExactly(new Finding(Kind.FOREIGN, "1 key of another format, the first is 09 09"));
		assertThat(this.check.repair("a").actions()).isEmpty();
		assertThat(this.stored.get(new byte[] { 9, 9 })).isNotNull();
	}

	@Test
	void journalThatEndedShouldBeReported() throws Exception {
		this.stored.put(ChunkKeys.chunk(FileTag.JOURNAL, 0), new byte[512]);
		this.stored.put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(512));
		CheckReport report = this.check.check("a");
		assertThat(report.journal()).isEqualTo(Journal.ENDED);
		assertThat(report.findings()).isEmpty();
	}

	@Test
	void unknownActorShouldBeNamed() {
		assertThatThrownBy(() -> this.check.check("b")).isInstanceOf(UnknownActorException.class);
		assertThatThrownBy(() -> this.check.repair("b")).isInstanceOf(UnknownActorException.class);
		assertThat(this.store.owner("b")).isNull();
	}

	@Test
	void repairOfAnActorThatAnotherOwnerHasShouldBeRefused() throws Exception {
		try (ActorDatabase actor = Sql.open(this.store.sibling("another"), "a")) {
			assertThatThrownBy(() -> this.check.repair("a")).isInstanceOf(KvActorOwnedException.class);
			assertThat(actor.isUsable()).isTrue();
		}
	}

	@Test
	void idInJsonShouldBeEscaped() {
		CheckReport report = new CheckReport("a\"\\\n\u0001\u20ac", 1, -1, Journal.NONE, List.of());
		assertThat(report.toJson()).startsWith("{\"actor\":\"a\\\"\\\\\\n\\u0001\u20ac\",").contains("\"bytes\":null");
	}

}
