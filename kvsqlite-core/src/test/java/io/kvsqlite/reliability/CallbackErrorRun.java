package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.CallbackErrors;
import io.kvsqlite.sqlite.CallbackErrors.Kind;
import io.kvsqlite.testing.InjectedError;
import io.kvsqlite.testing.LimitedKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One run of a workload, each step by a borrower of its own, in which an {@link Error}
 * comes up in one callback, or from that one on.
 *
 * <p>
 * A step that is acknowledged, whatever came up in it, has to be in the store. With the
 * first step that fails the run ends: of that step there is all or nothing, and what is
 * left is whole. From there the rest of the workload runs.
 */
final class CallbackErrorRun {

	private final Workload workload;

	private final Setting setting;

	private final KnownStates known;

	private final MemoryKvStore memory = new MemoryKvStore();

	private int acknowledged;

	private int fired;

	private int callbacks;

	private @Nullable Throwable failure;

	CallbackErrorRun(Workload workload, Setting setting, KnownStates known) {
		this.workload = workload;
		this.setting = setting;
		this.known = known;
	}

	/**
	 * Run, and check everything.
	 * @param kind where in the callback the error comes up
	 * @param nth in which callback, from 1
	 * @param persistent whether in all later ones, too
	 */
	CallbackErrorRun run(Kind kind, int nth, boolean persistent) throws SQLException, MalformedMetadataException {
		try (CallbackErrors errors = CallbackErrors.inject(kind, nth, persistent)) {
			work();
			this.fired = errors.fired();
			this.callbacks = errors.callbacks();
		}
		try {
			assertThat(this.failure == null || this.fired > 0).as("no failure without an error: %s", this.failure)
				.isTrue();
			conclude();
			return this;
		}
		finally {
			this.memory.close();
		}
	}

	private void work() {
		LentActor actor = new LentActor(new LimitedKvStore(this.memory, this.setting.limits()), this.setting);
		List<Step> steps = this.workload.steps();
		try (actor) {
			while (this.acknowledged < steps.size()) {
				actor.run(steps.get(this.acknowledged));
				this.acknowledged++;
			}
		}
		catch (SQLException | KvException | InjectedError ex) {
			this.failure = ex;
			assertThat(actor.isUsable()).as("a connection on which an error came up").isFalse();
		}
	}

	private void conclude() throws SQLException, MalformedMetadataException {
		KnownStates.Opened opened = this.known.opened(Fingerprint.of(this.memory));
		if (opened == null) {
			opened = open();
		}
		settle(opened.content());
		KnownStates.Rest rest = new KnownStates.Rest(opened.after(), this.acknowledged, this.workload.steps().size());
		if (!this.known.isFinished(rest)) {
			finish();
			this.known.addFinished(rest);
		}
	}

	private KnownStates.Opened open() throws SQLException, MalformedMetadataException {
		Fingerprint left = Fingerprint.of(this.memory);
		OpenActor actor = opener();
		long content = check(actor);
		actor.close();
		Namespace.requireAtRest(this.memory, false);
		KnownStates.Opened opened = new KnownStates.Opened(content, Fingerprint.of(this.memory));
		this.known.addOpened(left, opened);
		return opened;
	}

	private OpenActor opener() {
		return new OpenActor(new LimitedKvStore(this.memory, this.setting.limits()), this.setting);
	}

	private static long check(OpenActor actor) throws SQLException {
		Connection connection = actor.connection();
		Content.check(connection);
		return Content.of(connection);
	}

	private void settle(long content) {
		long expected = this.workload.state(this.acknowledged);
		if (content != expected && this.failure != null && this.acknowledged < this.workload.steps().size()
				&& content == this.workload.state(this.acknowledged + 1)) {
			this.acknowledged++;
			expected = content;
		}
		assertThat(content).as("the content after %d acknowledged steps, and then %s", this.acknowledged, this.failure)
			.isEqualTo(expected);
	}

	private void finish() throws SQLException, MalformedMetadataException {
		OpenActor actor = opener();
		for (int i = this.acknowledged; i < this.workload.steps().size(); i++) {
			actor.run(this.workload.steps().get(i));
		}
		assertThat(check(actor)).as("the content at the end")
			.isEqualTo(this.workload.state(this.workload.steps().size()));
		actor.close();
	}

	/**
	 * Return how often an error came up.
	 */
	int fired() {
		return this.fired;
	}

	/**
	 * Return how many callbacks there were.
	 */
	int callbacks() {
		return this.callbacks;
	}

	/**
	 * Return how the first step failed that did.
	 */
	@Nullable Throwable failure() {
		return this.failure;
	}

}
