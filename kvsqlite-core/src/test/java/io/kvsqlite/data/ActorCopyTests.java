package io.kvsqlite.data;

import java.io.OutputStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.FaultyKvStore;
import io.kvsqlite.testing.StoreOperation;
import io.kvsqlite.vfs.CorruptedActorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorCopy}.
 */
class ActorCopyTests {

	private static final KvLimits NARROW = new KvLimits(KvLimits.LEAST_KEYS, KvLimits.LEAST_BYTES);

	private final MemoryKvStore store = new MemoryKvStore();

	private final MemoryKvStore other = new MemoryKvStore(NARROW);

	private final ActorCopy within = new ActorCopy(this.store, this.store);

	private final ActorCopy across = new ActorCopy(this.store, this.other);

	private static byte[] bytes(MemoryKvStore store, String actorId) {
		StoredActor stored = new StoredActor(store, actorId);
		stored.assertNothingButAMainDatabase();
		return stored.bytes(FileTag.MAIN);
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096, 65536 })
	void copyShouldBeEqualByteForByte(int pageSize) throws Exception {
		Sql.onActor(this.store, "a", "PRAGMA page_size=" + pageSize + "; VACUUM;" + Sql.SAMPLE);
		CopiedActor within = this.within.copy("a", "b");
		CopiedActor across = this.across.copy("a", "a");
		assertThat(bytes(this.store, "b")).isEqualTo(bytes(this.store, "a"));
		assertThat(bytes(this.other, "a")).isEqualTo(bytes(this.store, "a"));
		assertThat(within.contentHash()).hasSize(64).isEqualTo(across.contentHash());
		assertThat(within.written()).isTrue();
		assertThat(within.bytes()).isEqualTo(bytes(this.store, "a").length);
		Sql.onActor(this.other, "a", "INSERT INTO t (name) VALUES ('more')");
		assertThat(Sql.rowsOfActor(this.other, "a", "SELECT count(*) FROM t")).containsExactly("2002");
	}

	@Test
	void copyOfASmallActorShouldTakeOneWrite() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE t (x)");
		AtomicInteger writes = new AtomicInteger();
		ScriptedKvStore target = new ScriptedKvStore(this.other);
		target.follow(counting(writes));
		new ActorCopy(this.store, target).copy("a", "a");
		assertThat(writes).hasValue(1);
	}

	private static ScriptedKvStore.Script counting(AtomicInteger writes) {
		return new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				writes.incrementAndGet();
				next.run();
			}

		};
	}

	@Test
	void copyWhileATransactionIsUnderWayShouldHoldWhatWasBefore() throws Exception {
		MemoryKvStore source = new MemoryKvStore(KvLimits.REFERENCE);
		try (ActorDatabase actor = Sql.open(source, "a")) {
			Sql.execute(actor.connection(), Sql.SAMPLE);
			Sql.execute(actor.connection(), "BEGIN; UPDATE t SET name = 'open', body = zeroblob(900)");
			assertThat(new StoredActor(source, "a").get(ChunkKeys.metadata(FileTag.JOURNAL))).isNotNull();
			new ActorCopy(source, this.other).copy("a", "b");
			Sql.execute(actor.connection(), "COMMIT");
		}
		bytes(this.other, "b");
		assertThat(Sql.rowsOfActor(this.other, "b", "SELECT count(*) FROM t WHERE name = 'open'")).containsExactly("0");
		assertThat(Sql.rowsOfActor(this.other, "b", "PRAGMA integrity_check")).containsExactly("ok");
	}

	@Test
	void copyBrokenOffAtAnyWriteShouldLeaveAnEmptyDatabaseThatTheNextTakesForNone() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		List<MemoryKvStore> crashes = new ArrayList<>();
		ScriptedKvStore target = new ScriptedKvStore(this.other);
		target.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				crashes.add(new StoredActor(ActorCopyTests.this.other, "a").copyTo(new MemoryKvStore(NARROW)));
			}

		});
		new ActorCopy(this.store, target).copy("a", "a");
		assertThat(crashes).hasSizeGreaterThan(50);
		for (int i = 0; i < crashes.size() - 1; i++) {
			MemoryKvStore crash = crashes.get(i);
			assertThat(new ActorCheck(crash).presence("a")).as("after write %d", i)
				.isEqualTo(ActorCheck.Presence.ABSENT);
			assertThatThrownBy(() -> new ActorCheck(crash).check("a")).isInstanceOf(UnknownActorException.class);
			assertThatThrownBy(() -> new ActorExport(crash).toStream("a", OutputStream.nullOutputStream()))
				.isInstanceOf(UnknownActorException.class);
			MemoryKvStore opened = new StoredActor(crash, "a").copyTo(new MemoryKvStore(NARROW));
			assertThat(Sql.rowsOfActor(opened, "a", "PRAGMA integrity_check")).as("after write %d", i)
				.containsExactly("ok");
			assertThat(Sql.rowsOfActor(opened, "a", "SELECT count(*) FROM sqlite_schema")).as("after write %d", i)
				.containsExactly("0");
			if (i % 20 < 8) {
				new ActorCopy(this.store, crash).copy("a", "a");
				assertThat(bytes(crash, "a")).isEqualTo(bytes(this.store, "a"));
			}
		}
	}

	@Test
	void copyThatFailsAtAnyWriteShouldLeaveNothing() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE t AS SELECT zeroblob(50000) AS x");
		boolean finished = false;
		int writes = 0;
		for (; !finished; writes++) {
			MemoryKvStore fresh = new MemoryKvStore(NARROW);
			ScriptedKvStore failing = new ScriptedKvStore(fresh);
			AtomicInteger left = new AtomicInteger(writes);
			failing.follow(new ScriptedKvStore.Script() {

				@Override
				public void write(KvWrite write, Runnable next) {
					if (left.getAndDecrement() <= 0) {
						throw new KvStoreFullException("No room");
					}
					next.run();
				}

			});
			try {
				new ActorCopy(this.store, failing).copy("a", "a");
				finished = true;
			}
			catch (KvStoreFullException ex) {
				assertThat(fresh.owner("a")).as("after %d writes", writes).isNull();
			}
		}
		assertThat(writes).isGreaterThan(8);
	}

	@Test
	void copyToAnEqualTargetShouldWriteNothing() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		CopiedActor first = this.across.copy("a", "a");
		long commit = this.other.owner("a").commit();
		CopiedActor second = this.across.copy("a", "a");
		assertThat(second.written()).isFalse();
		assertThat(second.contentHash()).isEqualTo(first.contentHash());
		assertThat(this.other.owner("a").commit()).isEqualTo(commit);
	}

	@Test
	void copyToAnActorThatExistsShouldLeaveItUnlessAskedFor() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Sql.onActor(this.other, "a", "CREATE TABLE precious AS SELECT 42 AS x");
		assertThatThrownBy(() -> this.across.copy("a", "a")).isInstanceOf(ActorExistsException.class);
		assertThat(Sql.rowsOfActor(this.other, "a", "SELECT x FROM precious")).containsExactly("42");
		CopiedActor copied = this.across.replacing(true).copy("a", "a");
		assertThat(Sql.rowsOfActor(this.other, "a", "SELECT count(*) FROM t")).containsExactly("2001");
		assertThat(this.across.copy("a", "a").contentHash()).isEqualTo(copied.contentHash());
	}

	@Test
	void copyThatTheStoreSpoilsShouldBeNoticed() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		ScriptedKvStore target = new ScriptedKvStore(new MemoryKvStore());
		target.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				write.forEach(new KvWrite.Visitor<RuntimeException>() {

					@Override
					public void put(byte[] key, byte[] value) {
						if (ChunkKeys.describe(key).equals("main database chunk 9")) {
							value[17] ^= 1;
						}
					}

					@Override
					public void delete(byte[] key) {
					}

					@Override
					public void deleteRange(byte[] from, byte[] to) {
					}

				});
				next.run();
			}

		});
		MemoryKvStore source = new StoredActor(this.store, "a").copyTo(new MemoryKvStore());
		assertThatThrownBy(() -> new ActorCopy(source, target).copy("a", "b"))
			.isInstanceOf(CopyVerificationException.class)
			.hasMessageContaining("'b'");
	}

	@Test
	void copyOfADamagedActorShouldSayWhatIsMissingAndLeaveNothing() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		new StoredActor(this.store, "a").remove(ChunkKeys.chunk(FileTag.MAIN, 30));
		assertThatThrownBy(() -> this.across.copy("a", "b")).isInstanceOf(CorruptedActorException.class)
			.hasMessageContaining("chunk 30");
		assertThat(this.other.owner("b")).isNull();
	}

	@Test
	void copyOfAnUnknownActorShouldSaySo() {
		assertThatThrownBy(() -> this.across.copy("a", "b")).isInstanceOf(UnknownActorException.class);
		assertThat(this.other.owner("b")).isNull();
	}

	@Test
	void copyToItselfShouldBeRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.within.copy("a", "a"));
	}

	@Test
	void moveShouldLeaveNothingOfTheSource() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		byte[] before = bytes(this.store, "a");
		this.across.move("a", "b");
		assertThat(bytes(this.other, "b")).isEqualTo(before);
		assertThat(this.store.owner("a")).isNull();
		assertThat(this.store.size("a").keys()).isZero();
	}

	@Test
	void moveBrokenOffAtAnyWriteShouldLeaveTheActorWholeSomewhereAndGoOn() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		byte[] before = bytes(this.store, "a");
		List<MemoryKvStore[]> crashes = new ArrayList<>();
		ScriptedKvStore target = new ScriptedKvStore(this.other);
		target.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				crashes.add(new MemoryKvStore[] {
						new StoredActor(ActorCopyTests.this.store, "a").copyTo(new MemoryKvStore()),
						new StoredActor(ActorCopyTests.this.other, "a").copyTo(new MemoryKvStore(NARROW)) });
			}

		});
		ScriptedKvStore source = new ScriptedKvStore(this.store);
		source.follow(new ScriptedKvStore.Script() {

			@Override
			public void delete(Runnable next) {
				// the last step: the copy is whole by now, and the source not yet gone
				crashes.add(new MemoryKvStore[] {
						new StoredActor(ActorCopyTests.this.store, "a").copyTo(new MemoryKvStore()),
						new StoredActor(ActorCopyTests.this.other, "a").copyTo(new MemoryKvStore(NARROW)) });
				next.run();
			}

		});
		new ActorCopy(source, target).move("a", "a");
		assertThat(this.store.owner("a")).isNull();
		assertThat(bytes(this.other, "a")).isEqualTo(before);
		assertThat(crashes).hasSizeGreaterThan(50);
		for (int i = 0; i < crashes.size(); i++) {
			MemoryKvStore from = crashes.get(i)[0];
			MemoryKvStore to = crashes.get(i)[1];
			assertThat(bytes(from, "a")).as("the source after write %d", i).isEqualTo(before);
			if (i % 20 < 3 || i > crashes.size() - 5) {
				CopiedActor moved = new ActorCopy(from, to).move("a", "a");
				assertThat(moved.written()).as("after write %d", i).isEqualTo(i < crashes.size() - 2);
				assertThat(from.owner("a")).isNull();
				assertThat(from.size("a").keys()).isZero();
				assertThat(bytes(to, "a")).isEqualTo(before);
			}
		}
	}

	@Test
	void moveOfAnActorThatAnotherOwnerHasShouldBeRefused() throws Exception {
		MemoryKvStore holder = this.store.sibling("holder");
		try (ActorDatabase actor = Sql.open(holder, "a")) {
			Sql.execute(actor.connection(), Sql.SAMPLE);
			assertThatThrownBy(() -> this.across.move("a", "a")).isInstanceOf(KvActorOwnedException.class);
			assertThat(Sql.rows(actor.connection(), "SELECT count(*) FROM t")).containsExactly("2001");
		}
		assertThat(this.other.owner("a")).isNull();
	}

	/**
	 * The lease of the one who moves has ended. At each operation of the move in turn,
	 * before it and after it, somebody else takes the actor, commits, and lets go.
	 */
	@Test
	void moveDuringWhichAnotherOwnerCommitsAtAnyOperationShouldLoseNoCommit() throws Exception {
		int deletions = 0;
		int refused = 0;
		int step = 0;
		for (boolean interrupted = true; interrupted; step++) {
			MemoryKvStore moverOfSource = new MemoryKvStore();
			MemoryKvStore otherOfSource = moverOfSource.sibling("other");
			Sql.onActor(otherOfSource, "a", "CREATE TABLE t AS SELECT zeroblob(50000) AS x");
			moverOfSource.expireLease();
			MemoryKvStore to = new MemoryKvStore(NARROW);
			Interruption interruption = new Interruption(step, () -> Sql.onActor(otherOfSource, "a",
					"CREATE TABLE IF NOT EXISTS late (x); INSERT INTO late VALUES (1)"));
			boolean moved = true;
			try {
				new ActorCopy(new InterruptedKvStore(moverOfSource, interruption),
						new InterruptedKvStore(to, interruption))
					.move("a", "a");
			}
			catch (KvOwnershipLostException ex) {
				moved = false;
				refused++;
			}
			interrupted = interruption.isOver();
			if (moved) {
				deletions++;
				assertThat(tables(to)).as("step %d", step).contains("t");
			}
			else {
				assertThat(tables(otherOfSource)).as("step %d", step).contains("t", "late");
			}
			if (interrupted && !tables(otherOfSource).contains("late")) {
				// it came before the move began, and was moved
				assertThat(moved).isTrue();
				assertThat(interruption.ownedByMover()).as("step %d", step).isFalse();
				assertThat(tables(to)).as("step %d", step).contains("late");
			}
		}
		assertThat(step).isGreaterThan(30);
		assertThat(refused).isGreaterThan(20);
		assertThat(deletions).isGreaterThan(2);
	}

	private static List<String> tables(KvStore store) throws SQLException {
		if (store.owner("a") == null) {
			return List.of();
		}
		assertThat(Sql.rowsOfActor(store, "a", "PRAGMA integrity_check")).containsExactly("ok");
		return Sql.rowsOfActor(store, "a", "SELECT name FROM sqlite_schema");
	}

	/**
	 * The same at the target, where an empty database is in the way: somebody else begins
	 * to use it.
	 */
	@Test
	void copyDuringWhichAnotherOwnerUsesTheEmptyTargetShouldLoseNoCommit() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE t AS SELECT zeroblob(50000) AS x");
		int step = 0;
		for (boolean interrupted = true; interrupted; step++) {
			MemoryKvStore copier = new MemoryKvStore(NARROW);
			MemoryKvStore another = copier.sibling("other");
			Sql.onActor(another, "a", "VACUUM");
			assertThat(another.owner("a")).isNotNull();
			copier.expireLease();
			Interruption interruption = new Interruption(step,
					() -> Sql.onActor(another, "a", "CREATE TABLE late AS SELECT 1 AS x"));
			try {
				new ActorCopy(this.store, new InterruptedKvStore(copier, interruption)).copy("a", "a");
			}
			catch (KvOwnershipLostException | ActorExistsException | CopyVerificationException ex) {
				assertThat(tables(another)).as("step %d, %s", step, ex).contains("late");
			}
			interrupted = interruption.isOver();
			assertThat(tables(another)).as("step %d", step).contains(interrupted ? "late" : "t");
		}
		assertThat(step).isGreaterThan(30);
	}

	@Test
	void moveWhoseDeletionIsIndeterminateShouldGoOnWhenItIsRepeated() throws Exception {
		for (FaultKind kind : List.of(FaultKind.ERROR_AFTER, FaultKind.ARRIVES_BEFORE_OPEN,
				FaultKind.ARRIVES_AFTER_OPEN)) {
			Sql.onActor(this.store, "a", "CREATE TABLE t AS SELECT zeroblob(50000) AS x");
			byte[] before = bytes(this.store, "a");
			FaultyKvStore source = new FaultyKvStore(this.store, 1);
			ActorCopy copy = new ActorCopy(source, this.other);
			source.inject(Fault.at(kind, StoreOperation.Kind.DELETE_OWNED, 1));
			assertThatThrownBy(() -> copy.move("a", "a")).isInstanceOf(KvIndeterminateException.class);
			assertThat(bytes(this.other, "a")).isEqualTo(before);
			if (kind == FaultKind.ERROR_AFTER) {
				assertThatThrownBy(() -> copy.move("a", "a")).isInstanceOf(UnknownActorException.class);
			}
			else {
				assertThat(copy.move("a", "a").written()).isFalse();
				assertThat(source.lateApplied()).isZero();
			}
			assertThat(this.store.owner("a")).isNull();
			assertThat(bytes(this.other, "a")).isEqualTo(before);
		}
	}

	@Test
	void moveOfAnActorThatTheSameStoreObjectHoldsShouldBeRefused() throws Exception {
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), Sql.SAMPLE);
			assertThatThrownBy(() -> this.across.move("a", "a")).isInstanceOf(KvActorOwnedException.class);
			Sql.execute(actor.connection(), "INSERT INTO t (name) VALUES ('more')");
		}
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t")).containsExactly("2002");
		assertThat(this.other.owner("a")).isNull();
	}

	@Test
	void copyToAnEmptyActorThatTheSameStoreObjectHoldsShouldBeRefused() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		try (ActorDatabase actor = Sql.open(this.other, "a")) {
			assertThatThrownBy(() -> this.across.copy("a", "a")).isInstanceOf(KvActorOwnedException.class);
			Sql.execute(actor.connection(), "CREATE TABLE precious AS SELECT 42 AS x");
		}
		assertThat(Sql.rowsOfActor(this.other, "a", "SELECT x FROM precious")).containsExactly("42");
	}

	@Test
	void moveThatFailsShouldKeepTheSource() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Sql.onActor(this.other, "a", "CREATE TABLE precious (x)");
		assertThatThrownBy(() -> this.across.move("a", "a")).isInstanceOf(ActorExistsException.class);
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t")).containsExactly("2001");
	}

	@Test
	void moveOfAnUnknownActorShouldSaySo() {
		assertThatThrownBy(() -> this.across.move("a", "b")).isInstanceOf(UnknownActorException.class);
	}

}
