package io.kvsqlite.testing;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.StoreOperation.Kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FaultyKvStore}, which without a fault keeps the contract.
 */
class FaultyKvStoreTests extends KvStoreContractTests {

	private static final byte[] CHUNK = ChunkKeys.chunk(FileTag.MAIN, 0);

	private final MemoryKvStore root = new MemoryKvStore();

	@Override
	protected KvStore openStore() {
		return new FaultyKvStore(this.root.sibling("faulty"), 1);
	}

	private FaultyKvStore faulty() {
		return (FaultyKvStore) this.store;
	}

	@Test
	void writeWhenErrorComesBeforeShouldApplyNothing() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.ERROR_BEFORE, Kind.WRITE, 2));
		put(session, "1");
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> put(session, "2"));
		assertThat(chunk(session)).isEqualTo("1");
		assertThat(faulty().fired()).isOne();
		put(session, "3");
		assertThat(chunk(session)).isEqualTo("3");
	}

	@Test
	void writeWhenFaultIsPersistentShouldFailFromThenOn() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.STORE_FULL, 1).fromThenOn());
		assertThatExceptionOfType(KvStoreFullException.class).isThrownBy(() -> put(session, "1"));
		assertThatExceptionOfType(KvStoreFullException.class).isThrownBy(() -> put(session, "2"));
		faulty().heal();
		put(session, "3");
		assertThat(faulty().fired()).isEqualTo(2);
	}

	@Test
	void writeWhenErrorComesAfterShouldBeAppliedAndIndeterminate() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.ERROR_AFTER, Kind.WRITE, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> put(session, "1"));
		assertThat(chunk(open("a"))).isEqualTo("1");
	}

	@Test
	void writeWhenReplyIsLostShouldArriveLateAndBeRefused() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.ARRIVES_AFTER_OPEN, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> put(session, "1"));
		KvSession next = open("a");
		assertThat(chunk(next)).isNull();
		assertThat(next.commit()).isZero();
		assertThat(faulty().lateRefused()).isOne();
		assertThat(faulty().lateApplied()).isZero();
	}

	@Test
	void writeWhenItArrivesBeforeTheNextOpenShouldBeApplied() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.ARRIVES_BEFORE_OPEN, 1));
		byte[] reused = key("1");
		assertThatExceptionOfType(KvIndeterminateException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(CHUNK, reused)));
		reused[0] = '2';
		KvSession next = open("a");
		assertThat(chunk(next)).isEqualTo("1");
		assertThat(next.commit()).isOne();
	}

	@Test
	void writeWhenItArrivesTwiceShouldBeAppliedOnce() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.DUPLICATE, 1));
		put(session, "1");
		put(session, "2");
		assertThat(chunk(open("a"))).isEqualTo("2");
		assertThat(faulty().lateRefused()).isOne();
	}

	@Test
	void deleteByTheOwnerWhenErrorComesBeforeShouldLeaveTheActorToItsOwner() {
		KvSession session = open("a");
		put(session, "1");
		faulty().inject(Fault.at(FaultKind.ERROR_BEFORE, Kind.DELETE_OWNED, 1));
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(session::delete);
		assertThat(chunk(session)).isEqualTo("1");
		session.delete();
		assertThat(this.store.owner("a")).isNull();
		assertThat(faulty().log()).extracting(StoreOperation::kind)
			.containsExactly(Kind.OPEN, Kind.WRITE, Kind.DELETE_OWNED, Kind.READ, Kind.DELETE_OWNED);
	}

	@Test
	void deleteWhenErrorComesAfterShouldBeDoneAndIndeterminate() {
		KvSession session = open("a");
		put(session, "1");
		faulty().inject(Fault.at(FaultKind.ERROR_AFTER, Kind.DELETE_OWNED, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete);
		assertThat(open("a").commit()).isZero();
		put(open("b"), "1");
		faulty().inject(Fault.at(FaultKind.ERROR_AFTER, Kind.DELETE, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> this.store.delete("b", true));
		assertThat(this.store.owner("b")).isNull();
	}

	@Test
	void deleteByTheOwnerWhenItArrivesAfterTheNextOpenShouldBeRefused() {
		for (FaultKind kind : new FaultKind[] { FaultKind.ARRIVES_AFTER_OPEN, FaultKind.DUPLICATE }) {
			KvSession session = open("a");
			put(session, "1");
			faulty().inject(Fault.at(kind, Kind.DELETE_OWNED, 1));
			if (kind == FaultKind.DUPLICATE) {
				session.delete();
			}
			else {
				assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete);
			}
			KvSession next = open("a");
			assertThat(chunk(next)).isEqualTo((kind == FaultKind.DUPLICATE) ? null : "1");
			put(next, "2");
			assertThat(chunk(next)).isEqualTo("2");
		}
		assertThat(faulty().lateRefused()).isEqualTo(2);
		assertThat(faulty().lateApplied()).isZero();
	}

	@Test
	void deleteByTheOwnerWhenItArrivesBeforeTheNextOpenShouldBeDone() {
		KvSession session = open("a");
		put(session, "1");
		faulty().inject(Fault.at(FaultKind.ARRIVES_BEFORE_OPEN, Kind.DELETE_OWNED, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete);
		assertThat(open("a").commit()).isZero();
	}

	@Test
	void deleteByTheOwnerWhenOwnershipIsTakenAwayShouldBeRefusedByTheStore() {
		KvSession session = open("a");
		put(session, "1");
		faulty().inject(Fault.at(FaultKind.OWNERSHIP_LOST, Kind.DELETE_OWNED, 1));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(session::delete);
		assertThat(faulty().servedWithoutOwnership()).isZero();
		assertThat(chunk(open("a"))).isEqualTo("1");
	}

	@Test
	void readWhenNothingWasWrittenOverShouldNotCountAsStale() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.STALE, CHUNK));
		put(session, "same");
		put(session, "same");
		assertThat(chunk(session)).isEqualTo("same");
		assertThat(faulty().fired()).isZero();
		assertThat(faulty().log()).extracting(StoreOperation::fault).containsOnlyNulls();
		faulty().remember("a", new KvWrite().put(CHUNK, key("older")));
		faulty().remember("a", new KvWrite().put(CHUNK, key("same")));
		assertThat(chunk(session)).isEqualTo("older");
		assertThat(faulty().fired()).isEqualTo(1);
	}

	@Test
	void readWhenReplyIsDamagedShouldDifferAsTheFaultSays() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.STALE, CHUNK));
		put(session, "old");
		put(session, "new");
		assertThat(faulty().fired()).isZero();
		assertThat(chunk(session)).isEqualTo("old");
		assertThat(chunk(session)).isEqualTo("new");
		faulty().inject(Fault.at(FaultKind.ABSENT, CHUNK));
		assertThat(chunk(session)).isNull();
		faulty().inject(Fault.at(FaultKind.SHORT, CHUNK));
		assertThat(chunk(session)).hasSizeLessThan(3);
		faulty().inject(Fault.at(FaultKind.LONG, CHUNK));
		assertThat(chunk(session)).hasSize(4);
		faulty().inject(Fault.at(FaultKind.FLIPPED, CHUNK));
		assertThat(session.read(new byte[][] { CHUNK })[0]).hasSize(3).isNotEqualTo(key("new"));
	}

	@Test
	void readWhenOwnershipIsTakenAwayShouldBeRefusedByTheStore() {
		KvSession session = open("a");
		put(session, "1");
		faulty().inject(Fault.at(FaultKind.OWNERSHIP_LOST, Kind.READ, 1));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> chunk(session));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> chunk(session));
		assertThat(faulty().servedWithoutOwnership()).isZero();
	}

	@Test
	void writeWhenThreadIsInterruptedShouldKeepTheInterrupt() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.INTERRUPTED, Kind.WRITE, 1));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> put(session, "1"));
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void operationWhenStoreBreaksItsContractShouldThrowWhatItThrows() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.RUNTIME_EXCEPTION, Kind.READ, 1));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> chunk(session));
		faulty().inject(Fault.at(FaultKind.ERROR_THROWN, Kind.OPEN, 1));
		assertThatExceptionOfType(InjectedError.class).isThrownBy(() -> open("a"));
	}

	@Test
	void logShouldNumberOperationsAndNameFaults() {
		KvSession session = open("a");
		faulty().inject(Fault.at(FaultKind.SLOW, Kind.READ, 1));
		chunk(session);
		session.close();
		assertThat(faulty().log()).extracting(StoreOperation::number).startsWith(1, 2, 3);
		assertThat(faulty().log()).extracting(StoreOperation::kind).startsWith(Kind.OPEN, Kind.READ, Kind.CLOSE);
		assertThat(faulty().log()).extracting(StoreOperation::fault).startsWith(null, FaultKind.SLOW, null);
	}

	private void put(KvSession session, String value) {
		session.write(new KvWrite().put(CHUNK, key(value)));
	}

	private @Nullable String chunk(KvSession session) {
		byte[] value = session.read(new byte[][] { CHUNK })[0];
		return (value != null) ? new String(value, StandardCharsets.UTF_8) : null;
	}

}
