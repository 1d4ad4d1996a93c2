package io.kvsqlite.reliability;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.ForgetfulKvServer;
import io.kvsqlite.testing.ForgetfulKvServer.Answer;
import io.kvsqlite.testing.ForgetfulKvServer.Mistake;
import io.kvsqlite.testing.ForwardingKvStore;
import io.kvsqlite.testing.StoreOperation.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One run of a workload during which the store goes back in time once, and everything
 * that must hold then:
 *
 * <ul>
 * <li>What was acknowledged after the journey is there.
 * <li>What failed with a definite exception is not there.
 * <li>What is there is one history: a state of the workload, and nothing mixed of two, or
 * of this actor and another.
 * <li>A connection to which something was lost that it relies on fails, with an exception
 * of the store that says so, as soon as it asks the store for anything. One to which
 * nothing was lost does not notice.
 * </ul>
 *
 * <p>
 * The application stops at its first failure: it has lost its place. It also stops where
 * the store went back while nobody had the actor, for then nobody can know.
 */
final class TravelRun {

	private static final int RIVAL = 77;

	private static final int STRANGERS = 3;

	private final Workload workload;

	private final Setting setting;

	private final Journey journey;

	private final ForgetfulKvServer server;

	private final Watched store;

	private final KvStore rivals;

	private final OpenActor actor;

	private @Nullable OpenActor rival;

	private int counted;

	private boolean travelled;

	private boolean pending;

	/**
	 * Whether the connection has lost something that it relies on.
	 */
	private boolean robbed;

	/**
	 * Whether something was lost while no connection relied on it.
	 */
	private boolean lostUnheld;

	private int operationsSince;

	private int servedWhileRobbed;

	private boolean wroteSince;

	private int acknowledged;

	private @Nullable Throwable failure;

	/**
	 * Create a run.
	 * @param journey where the store goes back, and how far
	 * @param mistakes what the store does wrong
	 */
	TravelRun(Workload workload, Setting setting, Journey journey, Mistake... mistakes) {
		this.workload = workload;
		this.setting = setting;
		this.journey = journey;
		this.server = new ForgetfulKvServer(setting.limits(), mistakes);
		this.store = new Watched(this.server.connect("first"));
		this.rivals = this.server.connect("rival");
		this.actor = new OpenActor(this.store, setting);
	}

	/**
	 * Run, and check everything.
	 * @return whether there was an operation for the journey to begin at
	 */
	boolean run() throws SQLException {
		settleStrangers();
		this.server.interruptWith(this::interrupt);
		work();
		this.server.interruptWith((operation, attempt) -> Answer.ARRIVES);
		judge();
		return this.travelled;
	}

	/**
	 * Other actors, whose numbers come before and after.
	 */
	private void settleStrangers() {
		for (int i = 0; i < STRANGERS; i++) {
			settle(this.rivals, "stranger-" + i).close();
		}
	}

	private static KvSession settle(KvStore store, String actorId) {
		KvSession session = store.open(actorId, new byte[0][]).session();
		session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.MAIN, 0), utf8(actorId)));
		return session;
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private void work() {
		while (this.acknowledged < this.workload.steps().size()) {
			try {
				this.actor.run(this.workload.steps().get(this.acknowledged));
				this.acknowledged++;
				if (this.lostUnheld) {
					break;
				}
			}
			catch (SQLException | KvException | IllegalStateException ex) {
				this.failure = ex;
				break;
			}
		}
		try {
			this.actor.close();
		}
		catch (SQLException ex) {
			// the journey came to its end during the close, and there is no more to fail
			assertThat(this.travelled).as("a close that fails: " + ex).isTrue();
		}
	}

	private Answer interrupt(Kind operation, int attempt) {
		if (this.pending && (operation == Kind.OPEN || attempt > 1)) {
			travel();
			return Answer.ARRIVES;
		}
		if (this.travelled || this.pending || !this.journey.way.beginsAt(operation)
				|| ++this.counted != this.journey.at) {
			return Answer.ARRIVES;
		}
		if (this.journey.way == Way.QUIETLY) {
			travel();
			this.lostUnheld = this.store.session == null || operation == Kind.CLOSE;
			return Answer.ARRIVES;
		}
		this.pending = true;
		return this.journey.way.answer;
	}

	private void travel() {
		this.pending = false;
		this.travelled = true;
		this.server.interruptWith((operation, attempt) -> Answer.ARRIVES);
		this.server.forget(this.journey.forgets);
		meet();
		this.server.interruptWith(this::interrupt);
		KvSession session = this.store.session;
		this.robbed = session != null && !this.server.isIntact(session);
	}

	/**
	 * Let another owner in. It and the owner of the application open new actors, which
	 * get the numbers that were forgotten; and it opens the actor itself, and makes one
	 * commit.
	 */
	private void meet() {
		for (int i = 0; i < STRANGERS; i++) {
			settle(this.rivals, "stranger-" + (STRANGERS + i)).close();
			settle(this.store.delegate(), "own-" + i);
		}
		if (this.journey.company == Company.NONE) {
			return;
		}
		this.server.endLease(this.store.delegate());
		OpenActor rival = new OpenActor(this.rivals, this.setting);
		try {
			rival.run(Step.sql("PRAGMA application_id=" + RIVAL));
			if (this.journey.company == Company.PASSING) {
				rival.close();
			}
			else {
				this.rival = rival;
			}
		}
		catch (SQLException ex) {
			throw new AssertionError("The other owner failed: " + ex, ex);
		}
	}

	private void judge() throws SQLException {
		requireReport();
		OpenActor rival = this.rival;
		if (rival != null) {
			// it owns the actor, and nobody has disturbed it
			rival.run(Step.sql("CREATE TABLE IF NOT EXISTS undisturbed(x)"));
			rival.run(Step.sql("DROP TABLE undisturbed"));
			rival.close();
		}
		requireStrangersUntouched();
		this.server.endLease(this.store.delegate());
		OpenActor judge = new OpenActor(this.server.connect("judge"), this.setting);
		Connection connection = judge.connection();
		Content.check(connection);
		boolean met = number(connection, "PRAGMA application_id") == RIVAL;
		if (met) {
			judge.run(Step.sql("PRAGMA application_id=0"));
		}
		long content = Content.of(connection);
		judge.close();
		requireOneHistory(content, met);
	}

	private static long number(Connection connection, String query) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
			rows.next();
			return rows.getLong(1);
		}
	}

	private void requireReport() {
		Throwable failure = this.failure;
		assertThat(this.servedWhileRobbed).as("operations done for a connection that was robbed").isZero();
		if (failure == null) {
			assertThat(this.robbed && this.operationsSince > 0)
				.as("a connection that was robbed asked the store %d times and noticed nothing", this.operationsSince)
				.isFalse();
			return;
		}
		assertThat(this.travelled || this.pending).as("a failure without a journey: " + failure).isTrue();
		KvException reason = FaultRun.storeFailure(failure);
		assertThat(reason).as("the store's exception behind " + failure).isNotNull();
		assertThat(reason).as("the exception in front, of " + failure)
			.isInstanceOfAny(KvCorruptionException.class, KvOwnershipLostException.class,
					KvIndeterminateException.class, KvActorOwnedException.class);
		if (this.journey.way == Way.QUIETLY) {
			assertThat(this.robbed || this.store.session == null).as("a failure where nothing was lost: " + failure)
				.isTrue();
		}
	}

	private void requireOneHistory(long content, boolean met) {
		int steps = this.workload.steps().size();
		boolean definite = this.failure == null || FaultRun.storeFailure(this.failure) instanceof KvDefiniteException;
		boolean continued = this.wroteSince && !this.lostUnheld;
		int first = (continued || !this.travelled) ? this.acknowledged : 0;
		int last = (definite || this.acknowledged == steps) ? this.acknowledged : this.acknowledged + 1;
		boolean deleting = this.failure != null && this.acknowledged < steps
				&& this.workload.steps().get(this.acknowledged) instanceof Step.Delete;
		boolean found = deleting && content == this.workload.state(this.acknowledged + 1);
		for (int i = first; i <= last; i++) {
			found |= content == this.workload.state(i);
		}
		assertThat(found)
			.as("the content, after %d acknowledged steps, %s, and %s, is that of %d to %d steps%s", this.acknowledged,
					(this.failure != null) ? "a failure (" + this.failure + ")" : "no failure",
					continued ? "a write since the journey" : "no write since the journey", first, last,
					met ? ", with the other owner's commit" : "")
			.isTrue();
		if (continued) {
			assertThat(met).as("the other owner's commit lies below one that was acknowledged").isFalse();
		}
	}

	private void requireStrangersUntouched() {
		for (String id : this.rivals.actors("", null, 100).actorIds()) {
			if (id.equals(Namespace.ACTOR)) {
				continue;
			}
			try (KvSnapshot snapshot = this.rivals.snapshot(id)) {
				byte[][] keys = snapshot.keys(new byte[0], 100);
				assertThat(keys).as("the keys of '%s'", id).hasNumberOfRows(1);
				byte[] value = snapshot.read(keys)[0];
				assertThat(Arrays.equals(value, utf8(id))).as("the page of '%s'", id).isTrue();
			}
		}
	}

	@Override
	public String toString() {
		return "%s | %s | %s".formatted(this.workload, this.setting, this.journey);
	}

	/**
	 * Notes what the application's store is asked for after the journey.
	 */
	private final class Watched extends ForwardingKvStore {

		private @Nullable KvSession session;

		Watched(KvStore delegate) {
			super(delegate);
		}

		@Override
		public KvOpening open(String actorId, byte[][] keys) {
			this.session = null;
			KvOpening opening = super.open(actorId, keys);
			TravelRun.this.robbed = false;
			return opening;
		}

		@Override
		public boolean delete(String actorId, boolean force) {
			this.session = null;
			TravelRun.this.robbed = false;
			boolean deleted = super.delete(actorId, force);
			// by force, whoever has it
			TravelRun.this.rival = null;
			TravelRun.this.wroteSince |= TravelRun.this.travelled;
			return deleted;
		}

		@Override
		protected KvSession wrap(KvSession session) {
			this.session = session;
			return new ForwardingKvSession(session) {

				@Override
				public byte[] @Nullable [] read(byte[][] keys) {
					byte[] @Nullable [] values = super.read(keys);
					note();
					return values;
				}

				@Override
				public void write(KvWrite write) {
					super.write(write);
					note();
					TravelRun.this.wroteSince |= TravelRun.this.travelled;
				}

				private void note() {
					if (TravelRun.this.travelled) {
						TravelRun.this.operationsSince++;
					}
					if (TravelRun.this.robbed && TravelRun.this.store.session == delegate()) {
						TravelRun.this.servedWhileRobbed++;
					}
				}

			};
		}

	}

	/**
	 * A journey of the store.
	 *
	 * @param at the operation at which it begins, of those that it may begin at, from 1
	 * @param forgets how many operations it goes back
	 * @param way what becomes of that operation
	 * @param company who has the actor before the application asks again
	 */
	record Journey(int at, int forgets, Way way, Company company) {
	}

	/**
	 * What becomes of the operation at which a journey begins.
	 */
	enum Way {

		/**
		 * It is done after the journey.
		 */
		QUIETLY(Answer.ARRIVES),

		/**
		 * It is a write or a deletion, done before the journey and repeated after it.
		 */
		REPEATED(Answer.LOST_AND_REPEATED),

		/**
		 * It is a write or a deletion, done before the journey, and its outcome is
		 * unknown; the journey is over when the actor is opened again.
		 */
		ANSWER_LOST(Answer.LOST),

		/**
		 * The same, not done.
		 */
		REQUEST_LOST(Answer.NEVER_SENT);

		private final Answer answer;

		Way(Answer answer) {
			this.answer = answer;
		}

		boolean beginsAt(Kind operation) {
			return this == QUIETLY || operation == Kind.WRITE || operation == Kind.DELETE_OWNED;
		}

	}

	/**
	 * Who has the actor after the journey.
	 */
	enum Company {

		/**
		 * Nobody.
		 */
		NONE,

		/**
		 * Another owner, who makes a commit and lets go.
		 */
		PASSING,

		/**
		 * Another owner, who makes a commit and stays.
		 */
		STAYING

	}

}
