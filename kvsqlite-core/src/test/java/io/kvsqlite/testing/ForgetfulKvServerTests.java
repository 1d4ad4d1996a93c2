package io.kvsqlite.testing;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.ForgetfulKvServer.Answer;
import io.kvsqlite.testing.ForgetfulKvServer.Mistake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ForgetfulKvServer}: while it makes no mistake it keeps the contract,
 * also when it goes back in time.
 */
public class ForgetfulKvServerTests extends RewoundKvStoreContractTests {

	private final ForgetfulKvServer server = new ForgetfulKvServer(MemoryKvStore.DEFAULT_LIMITS, mistakes());

	/**
	 * Return what the server does wrong.
	 */
	protected Mistake[] mistakes() {
		return new Mistake[0];
	}

	@Override
	protected KvStore openStore(String ownerName) {
		return this.server.connect(ownerName);
	}

	@Override
	protected void endLease(KvStore store) {
		this.server.endLease(store);
	}

	@Override
	protected Rewinding rememberState() {
		int remembered = this.server.operations();
		return () -> this.server.forget(this.server.operations() - remembered);
	}

	@Test
	void writeThatWasAppliedAndForgottenAndRefusedWhenRepeatedShouldBeIndeterminate() throws Exception {
		KvStore second = closeAfterTest(openStore("second"));
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		this.server.interruptWith((operation, attempt) -> {
			if (operation != StoreOperation.Kind.WRITE) {
				return Answer.ARRIVES;
			}
			if (attempt == 1) {
				return Answer.LOST_AND_REPEATED;
			}
			this.server.interruptWith((other, again) -> Answer.ARRIVES);
			this.server.endLease(this.store);
			open(second, "a");
			return Answer.ARRIVES;
		});
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> write(session, "k", "2"));
		assertThat(contents("a")).containsEntry("k", "2");
	}

	@Test
	void forgetShouldUndoTheLastOperationsOnly() {
		KvSession session = open(this.store, "a");
		write(session, "k", "1");
		write(session, "k", "2");
		read(session, "k");
		this.server.forget(1);
		assertThat(contents("a")).containsEntry("k", "2");
		assertThat(this.server.isIntact(session)).isTrue();
		this.server.forget(1);
		assertThat(contents("a")).containsEntry("k", "1");
		assertThat(this.server.isIntact(session)).isFalse();
		this.server.forget(100);
		assertThat(contents("a")).isEmpty();
		assertThat(this.server.operations()).isZero();
	}

}
