package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.RedisCommand;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.SharedKvStoreContractTests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contract, on a Redis Cluster of three masters and three replicas.
 */
@RequiresDocker
@Tag("once")
class RedisClusterKvStoreTests extends SharedKvStoreContractTests {

	private static final AtomicInteger tests = new AtomicInteger();

	private static final ServerContainer cluster = ServerContainer.redisCluster();

	private final String keyPrefix = "test-" + tests.incrementAndGet() + ":";

	@BeforeAll
	static void startCluster() {
		cluster.start();
	}

	@AfterAll
	static void stopCluster() {
		cluster.close();
	}

	@Override
	protected KvStore openStore(String ownerName) {
		return RedisKvStore.cluster(List.of(RedisURI.create("127.0.0.1", cluster.port())))
			.keyPrefix(this.keyPrefix)
			.ownerName(ownerName)
			.timeout(Duration.ofMinutes(1))
			// no renewal that a busy machine puts off lets it end by itself
			.leaseDuration(Duration.ofMinutes(5))
			// each is one to every node, and the contract has no use for more
			.connections(1)
			.build();
	}

	@Override
	protected void endLease(KvStore store) {
		((RedisKvStore) store).endLease();
	}

	@Override
	protected boolean keepsSnapshots() {
		return false;
	}

	@Test
	void openShouldWorkWhileASlotMoves() {
		write(open("a"), "k", "1");
		RedisKeys keys = new RedisKeys(this.keyPrefix);
		int slot = SlotHash.getSlot(keys.actor(key("a")).owner());
		String source = master(slot);
		String target = RedisCommand.send(cluster.port(), "cluster nodes")
			.lines()
			.filter((line) -> line.contains("master") && !line.startsWith(source))
			.findFirst()
			.orElseThrow()
			.split(" ")[0];
		int sourcePort = portOf(source);
		int targetPort = portOf(target);
		cli(targetPort, "cluster setslot %d importing %s".formatted(slot, source));
		cli(sourcePort, "cluster setslot %d migrating %s".formatted(slot, target));
		// keys of an actor that is new are on neither side: ASK
		write(open("a"), "k", "2");
		cluster.inContainer("""
				redis-cli -p %1$d cluster getkeysinslot %2$d 10000 | while read -r name; do
					redis-cli -p %1$d migrate 127.0.0.1 %3$d "$name" 0 60000
				done""".formatted(sourcePort, slot, targetPort));
		assertThat(cli(sourcePort, "cluster countkeysinslot %d".formatted(slot))).isEqualTo("0");
		assertThat(read(open("a"), "k")).isEqualTo("2");
		for (int port : List.of(targetPort, sourcePort)) {
			cli(port, "cluster setslot %d node %s".formatted(slot, target));
		}
		write(open("a"), "k", "3");
		assertThat(read(open("a"), "k")).isEqualTo("3");
		assertThat(this.store.actors("", null, 10).actorIds()).containsExactly("a");
	}

	@Test
	void standaloneShouldBeRefused() {
		KvStore store = closeAfterTest(RedisKvStore.standalone(RedisURI.create("127.0.0.1", cluster.port())).build());
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping);
	}

	@Test
	void bucketsShouldLieOnSlotsOfTheirOwnInEqualParts() {
		RedisKeys keys = new RedisKeys("any:");
		Set<Integer> slots = new TreeSet<>();
		for (int bucket = 0; bucket < RedisKeys.BUCKETS; bucket++) {
			int slot = SlotHash.getSlot(keys.actors(bucket));
			slots.add(slot);
			assertThat(slot * RedisKeys.BUCKETS / SlotHash.SLOT_COUNT).isEqualTo(bucket);
		}
		assertThat(slots).hasSize(RedisKeys.BUCKETS);
	}

	@Test
	void keysOfAnActorShouldLieOnOneSlotWhateverItsIdHas() {
		RedisKeys keys = new RedisKeys("any:");
		for (String id : List.of("a", "{a}", "}{", "{", "{}", "a{b}c")) {
			RedisKeys.Actor actor = keys.actor(key(id));
			int slot = SlotHash.getSlot(actor.owner());
			assertThat(List.of(actor.values(), actor.order(), actor.actors(), actor.epochs()))
				.allSatisfy((name) -> assertThat(SlotHash.getSlot(name)).isEqualTo(slot));
		}
	}

	@Test
	void layoutShouldNeverChange() {
		RedisKeys.Actor actor = new RedisKeys("kvsqlite:").actor(key("tenant-1"));
		assertThat(new String(actor.owner(), StandardCharsets.UTF_8)).isEqualTo("kvsqlite:{430}owner:tenant-1");
	}

	private static String master(int slot) {
		return RedisCommand.send(cluster.port(), "cluster nodes")
			.lines()
			.filter((line) -> line.contains("master") && holds(line, slot))
			.findFirst()
			.orElseThrow()
			.split(" ")[0];
	}

	private static boolean holds(String line, int slot) {
		String[] fields = line.split(" ");
		for (int i = 8; i < fields.length; i++) {
			String[] range = fields[i].split("-");
			if (!fields[i].startsWith("[") && Integer.parseInt(range[0]) <= slot
					&& slot <= Integer.parseInt(range[range.length - 1])) {
				return true;
			}
		}
		return false;
	}

	private static int portOf(String node) {
		String address = RedisCommand.send(cluster.port(), "cluster nodes")
			.lines()
			.filter((line) -> line.startsWith(node))
			.findFirst()
			.orElseThrow()
			.split(" ")[1];
		return Integer.parseInt(address.substring(address.indexOf(':') + 1, address.indexOf('@')));
	}

	private static String cli(int port, String command) {
		return RedisCommand.send(port, command);
	}

}
