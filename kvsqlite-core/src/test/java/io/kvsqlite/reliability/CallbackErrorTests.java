package io.kvsqlite.reliability;

import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.kvsqlite.sqlite.CallbackErrors.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that let an {@link Error} come up at each place of each callback of each
 * workload. The normal build tries some callbacks of each workload, under one of the
 * settings; the long run tries all under all settings.
 */
@ExtendWith(QuietLog.class)
class CallbackErrorTests {

	private static final int SOME = 5;

	private static final List<Kind> KINDS = List.of(Kind.values());

	private static final Figures figures = new Figures("errors in callbacks");

	static Stream<Workload> workloads() {
		return Workloads.all(Workloads.SMALL_BLOB).stream();
	}

	static Stream<Arguments> everything() {
		return Setting.all()
			.stream()
			.flatMap((setting) -> workloads().map((workload) -> Arguments.of(workload, setting)));
	}

	@ParameterizedTest
	@MethodSource("workloads")
	void errorInACallbackShouldLoseNothing(Workload workload) throws Exception {
		int seed = workload.name().hashCode();
		List<Setting> settings = Setting.all();
		Setting setting = settings.get(Math.floorMod(seed, settings.size()));
		KnownStates known = new KnownStates();
		int callbacks = callbacks(workload, setting, known);
		for (Kind kind : KINDS) {
			for (int i = 0; i < SOME; i++) {
				int nth = 1 + Math.floorMod((seed + 31 * kind.ordinal() + i) * 0x9E3779B9, callbacks);
				tryError(workload, setting, kind, nth, i % 4 == 0, known);
			}
		}
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("everything")
	void errorInEachCallbackShouldLoseNothing(Workload workload, Setting setting) throws Exception {
		KnownStates known = new KnownStates();
		int callbacks = callbacks(workload, setting, known);
		for (Kind kind : KINDS) {
			for (int nth = 1; nth <= callbacks; nth++) {
				tryError(workload, setting, kind, nth, false, known);
				tryError(workload, setting, kind, nth, true, known);
			}
		}
	}

	private static int callbacks(Workload workload, Setting setting, KnownStates known) throws Exception {
		CallbackErrorRun clean = new CallbackErrorRun(workload, setting, known).run(Kind.AT_THE_ENTRY,
				Integer.MAX_VALUE, false);
		assertThat(clean.callbacks()).isPositive();
		return clean.callbacks();
	}

	private static void tryError(Workload workload, Setting setting, Kind kind, int nth, boolean persistent,
			KnownStates known) {
		try {
			new CallbackErrorRun(workload, setting, known).run(kind, nth, persistent);
			figures.add();
		}
		catch (Throwable ex) {
			throw new AssertionError("%s | %s | %s of callback %d%s: %s".formatted(workload, setting, kind, nth,
					persistent ? " and from then on" : "", ex), ex);
		}
	}

	@AfterAll
	static void print() {
		figures.print();
	}

}
