package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvOpening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RocksDbKvStore} with other processes: one that holds the directory,
 * one that is killed, one that may write no more.
 */
class RocksDbProcessTests {

	@TempDir
	private Path directory;

	@Test
	void openStoreWhenAnotherProcessUsesTheDirectoryShouldSaySo() throws Exception {
		try (StoreProcess other = StoreProcess.start("hold", this.directory)) {
			assertThat(other.readLine()).isEqualTo("open");
			assertThatExceptionOfType(RocksDbDirectoryLockedException.class)
				.isThrownBy(() -> new RocksDbKvStore(this.directory))
				.satisfies((ex) -> assertThat(ex.isLockedByThisProcess()).isFalse())
				.withMessageContaining(this.directory.toString())
				.withMessageContaining("another process");
		}
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
			assertThat(store.actors("", null, 1).actorIds()).isEmpty();
		}
	}

	@Test
	void commitsThatWereAcknowledgedShouldSurviveAKill() throws Exception {
		long[] acknowledged = new long[StoreProcess.ACTORS];
		for (int round = 0; round < 5; round++) {
			try (StoreProcess writer = StoreProcess.start("write", this.directory)) {
				List<String> lines = new ArrayList<>();
				// every actor has a few: a thread may be late to start
				int[] seen = new int[StoreProcess.ACTORS];
				while (lines.size() < 100 + 900 * round || Arrays.stream(seen).anyMatch((count) -> count < 3)) {
					String line = writer.readLine();
					assertThat(line).as("a line of a process that runs").isNotNull();
					lines.add(line);
					seen[Integer.parseInt(line.substring("actor-".length(), line.indexOf(' ')))]++;
				}
				lines.addAll(writer.kill());
				if (!lines.get(lines.size() - 1).endsWith(" ok")) {
					lines.remove(lines.size() - 1);
				}
				for (String line : lines) {
					assertThat(line).isNotNull().matches("actor-\\d+ \\d+ ok");
					String[] words = line.split(" ");
					acknowledged[Integer.parseInt(words[0].substring("actor-".length()))] = Long.parseLong(words[1]);
				}
			}
			try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
				for (int i = 0; i < StoreProcess.ACTORS; i++) {
					KvOpening opening = store.open(StoreProcess.actor(i), StoreProcess.chunkKeys());
					long commit = opening.session().commit();
					assertThat(commit).as("commit of actor %d in round %d", i, round)
						.isBetween(acknowledged[i], acknowledged[i] + 1);
					byte @Nullable [] expected = (commit > 0) ? StoreProcess.chunk(commit) : null;
					assertThat(List.of(opening.values()[0], opening.values()[1], opening.values()[2]))
						.allSatisfy((chunk) -> assertThat(chunk).isEqualTo(expected));
					acknowledged[i] = commit;
				}
				assertThat(store.actors("", null, 100).actorIds()).hasSize(StoreProcess.ACTORS);
			}
		}
		assertThat(Arrays.stream(acknowledged).boxed()).allMatch((commit) -> commit > 10);
	}

	@Test
	void writeWhenTheLogCannotGrowShouldBeInDoubtUntilTheActorIsOpenedAgain() throws Exception {
		try (StoreProcess starved = StoreProcess.start("fill", this.directory)) {
			List<String> lines = new ArrayList<>();
			for (String line = starved.readLine(); line != null; line = starved.readLine()) {
				lines.add(line);
			}
			assertThat(starved.waitFor()).as(lines.toString()).isZero();
			assertThat(lines).hasSize(4).last().isEqualTo("done");
			assertThat(lines.subList(0, 3)).allSatisfy((line) -> assertThat(line).startsWith("in doubt: commit ")
				.contains("actor 'actor-0'")
				.containsIgnoringCase("file too large"));
		}
	}

}
