package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that run random SQL with random faults against plain SQLite. A failure names its
 * seed and is shrunk to the fewest steps that still fail.
 */
@ExtendWith(QuietLog.class)
class RandomSqlTests {

	private static final int SEEDS = 120;

	/**
	 * Minutes that the long run takes, unless told otherwise.
	 */
	private static final int MINUTES = Integer.getInteger("kvsqlite.reliability.minutes", 10);

	@Test
	void randomSqlShouldLoseNothing() {
		for (int seed = 1; seed <= SEEDS; seed++) {
			run(seed);
		}
		System.out.printf("reliability: random SQL runs: %,d, 0 lost%n", SEEDS);
	}

	@Tag("long")
	@Test
	void randomSqlForALongTimeShouldLoseNothing() {
		long start = System.currentTimeMillis();
		int seed = 1000;
		while (System.currentTimeMillis() - start < MINUTES * 60_000L) {
			run(seed++);
		}
		System.out.printf("reliability: random SQL runs: %,d, 0 lost%n", seed - 1000);
	}

	/**
	 * Here an older page has SQLite write far behind the end of the database.
	 */
	@Test
	@Timeout(60)
	void randomSqlWhenAStaleReplyHasAWrongPageNumberShouldNotFillTheStoreWithZeros() {
		run(2255);
	}

	@Test
	void shrinkShouldLeaveTheStepsThatMatter() {
		List<Step> steps = steps(new Random(3));
		Step culprit = Step.sql("UPDATE t SET name = 'culprit'");
		steps.add(steps.size() / 2, culprit);
		assertThat(shrink(steps, (candidate) -> candidate.contains(culprit) ? new AssertionError() : null))
			.containsExactly(culprit);
	}

	private static void run(int seed) {
		Random random = new Random(seed);
		List<Step> steps = steps(random);
		Setting setting = Setting.all().get(random.nextInt(Setting.all().size()));
		FaultKind kind = FaultRun.kinds().get(random.nextInt(FaultRun.kinds().size()));
		Fault once = Fault.at(kind, 1 + random.nextInt(25));
		Fault fault = random.nextBoolean() ? once : once.fromThenOn();
		Throwable failure = failure(steps, setting, fault);
		if (failure != null) {
			List<Step> fewest = shrink(steps, (candidate) -> failure(candidate, setting, fault));
			throw new AssertionError("seed %d, %s, %s fails with %s".formatted(seed, setting, fault, fewest), failure);
		}
	}

	private static @Nullable Throwable failure(List<Step> steps, Setting setting, Fault fault) {
		Workload workload;
		try {
			workload = new Workload("random", steps);
		}
		catch (IllegalStateException ex) {
			// without the steps that were taken out the others do not run on plain SQLite
			return (steps.isEmpty()) ? ex : null;
		}
		try {
			new FaultRun(workload, setting, fault, UnaryOperator.identity()).run();
			return null;
		}
		catch (Throwable ex) {
			return ex;
		}
	}

	/**
	 * Take steps out for as long as it still fails.
	 */
	private static List<Step> shrink(List<Step> steps, Trial trial) {
		List<Step> fewest = new ArrayList<>(steps);
		for (int size = Math.max(1, fewest.size() / 2); size >= 1; size /= 2) {
			for (int from = 0; from + size <= fewest.size();) {
				List<Step> candidate = new ArrayList<>(fewest);
				candidate.subList(from, from + size).clear();
				if (trial.failure(candidate) != null) {
					fewest = candidate;
				}
				else {
					from += size;
				}
			}
		}
		return fewest;
	}

	private static List<Step> steps(Random random) {
		List<Step> steps = new ArrayList<>();
		int auto = random.nextInt(3);
		steps.add(Step.sql("PRAGMA auto_vacuum=" + auto, "PRAGMA page_size=" + (512 << random.nextInt(8)), "VACUUM"));
		steps.add(Step.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body)"));
		for (int i = 6 + random.nextInt(10); i > 0; i--) {
			steps.add(step(random));
		}
		return steps;
	}

	private static Step step(Random random) {
		return switch (random.nextInt(12)) {
			case 0 -> new Step.Reopen();
			case 1 -> Step.sql("VACUUM");
			case 2 -> Step.sql("PRAGMA incremental_vacuum(" + random.nextInt(20) + ")");
			case 3 -> Step.sql(random.nextBoolean() ? "CREATE INDEX IF NOT EXISTS by_name ON t(name, body)"
					: "DROP INDEX IF EXISTS by_name");
			case 4 -> Step.sql("PRAGMA page_size=" + (512 << random.nextInt(8)), "VACUUM");
			case 5, 6, 7 -> transaction(random);
			default -> Step.sql(change(random));
		};
	}

	private static Step transaction(Random random) {
		List<String> sql = new ArrayList<>();
		boolean outermost = random.nextInt(4) == 0;
		sql.add(outermost ? "SAVEPOINT outermost" : "BEGIN");
		int open = 0;
		for (int i = 1 + random.nextInt(6); i > 0; i--) {
			int choice = random.nextInt(7);
			if (choice == 0) {
				sql.add("SAVEPOINT s" + open++);
			}
			else if (choice == 1 && open > 0) {
				sql.add("ROLLBACK TO s" + random.nextInt(open));
				open = 0;
				sql.add("SAVEPOINT s" + open++);
			}
			else if (choice == 2 && outermost) {
				sql.add("ROLLBACK TO outermost");
				open = 0;
			}
			else {
				sql.add(change(random));
			}
		}
		sql.add((random.nextInt(4) == 0) ? "ROLLBACK" : outermost ? "RELEASE outermost" : "COMMIT");
		return Step.sql(sql.toArray(String[]::new));
	}

	private static String change(Random random) {
		int from = random.nextInt(150);
		int to = from + random.nextInt(60);
		int length = random.nextInt(5) == 0 ? 4000 + random.nextInt(9000) : random.nextInt(900);
		return switch (random.nextInt(5)) {
			case 0 -> "DELETE FROM t WHERE id BETWEEN " + from + " AND " + to;
			case 1 -> "UPDATE t SET body = replace(hex(zeroblob(" + length / 2 + ")), '0', 'u') WHERE id % 7 = "
					+ random.nextInt(7);
			case 2 -> "UPDATE t SET name = name || 'x' WHERE id BETWEEN " + from + " AND " + to;
			case 3 -> (random.nextInt(4) == 0) ? "DELETE FROM t" : "DELETE FROM t WHERE id % 2 = 0";
			default -> "WITH RECURSIVE n(i) AS (SELECT " + from + " UNION ALL SELECT i + 1 FROM n WHERE i < " + to
					+ ") INSERT OR REPLACE INTO t SELECT i, 'row ' || i, replace(hex(zeroblob(" + length / 2
					+ ")), '0', char(97 + i % 26)) FROM n";
		};
	}

	/**
	 * Tries some steps.
	 */
	private interface Trial {

		@Nullable Throwable failure(List<Step> steps);

	}

}
