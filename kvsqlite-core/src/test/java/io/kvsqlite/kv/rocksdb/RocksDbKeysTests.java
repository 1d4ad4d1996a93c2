package io.kvsqlite.kv.rocksdb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RocksDbKeys}.
 */
class RocksDbKeysTests {

	private static final byte[][] PARTS = { {}, { 0 }, { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, -1 }, { 1 }, { 1, 0 }, { 2 },
			{ 97 }, { 97, 0 }, { 97, 0, 1 }, { 97, 0, -1 }, { 97, 1 }, { 97, 98 }, { -1 }, { -1, 0 }, { -1, -1 } };

	@Test
	void ofShouldKeepTheOrderOfIdsThenOfKeys() {
		List<byte[][]> pairs = new ArrayList<>();
		for (byte[] id : PARTS) {
			for (byte[] key : PARTS) {
				if (id.length > 0) {
					pairs.add(new byte[][] { id, key });
				}
			}
		}
		for (byte[][] one : pairs) {
			for (byte[][] other : pairs) {
				int ids = Arrays.compareUnsigned(one[0], other[0]);
				int expected = (ids != 0) ? ids : Arrays.compareUnsigned(one[1], other[1]);
				int found = Arrays.compareUnsigned(new RocksDbKeys(one[0]).of(one[1]),
						new RocksDbKeys(other[0]).of(other[1]));
				assertThat(Integer.signum(found)).as("%s and %s", Arrays.deepToString(one), Arrays.deepToString(other))
					.isEqualTo(Integer.signum(expected));
			}
		}
	}

	@Test
	void fromAndToShouldEncloseTheKeysOfOneActor() {
		for (byte[] id : PARTS) {
			if (id.length == 0) {
				continue;
			}
			RocksDbKeys space = new RocksDbKeys(id);
			for (byte[] other : PARTS) {
				for (byte[] key : PARTS) {
					if (other.length > 0) {
						byte[] storeKey = new RocksDbKeys(other).of(key);
						boolean inside = Arrays.compareUnsigned(space.from(), storeKey) <= 0
								&& Arrays.compareUnsigned(storeKey, space.to()) < 0;
						assertThat(inside).as("%s in %s", Arrays.toString(storeKey), Arrays.toString(id))
							.isEqualTo(Arrays.equals(id, other));
					}
				}
			}
		}
	}

	@Test
	void listShouldComeBeforeTheKeysOfAllActorsInTheOrderOfIds() {
		for (byte[] id : PARTS) {
			byte[] entry = RocksDbKeys.listEntry(id);
			assertThat(Arrays.compareUnsigned(entry, RocksDbKeys.endOfList())).isNegative();
			assertThat(Arrays.compareUnsigned(RocksDbKeys.storeRecord(), entry)).isLessThanOrEqualTo(0);
			assertThat(RocksDbKeys.actorId(entry)).isEqualTo(id);
			for (byte[] other : PARTS) {
				assertThat(Integer.signum(Arrays.compareUnsigned(entry, RocksDbKeys.listEntry(other))))
					.isEqualTo(Integer.signum(Arrays.compareUnsigned(id, other)));
				if (other.length > 0) {
					assertThat(Arrays.compareUnsigned(RocksDbKeys.endOfList(), new RocksDbKeys(other).ownerRecord()))
						.isNegative();
				}
			}
		}
		assertThat(new RocksDbKeys(new byte[] { 97, 0 }).listEntry()).containsExactly(0, 0, 97, 0);
	}

	@Test
	void ownerRecordShouldStandRightBeforeTheKeysOfItsActor() {
		for (byte[] id : PARTS) {
			if (id.length == 0) {
				continue;
			}
			RocksDbKeys space = new RocksDbKeys(id);
			assertThat(Arrays.compareUnsigned(space.ownerRecord(), space.from())).isNegative();
			for (byte[] other : PARTS) {
				if (other.length > 0 && !Arrays.equals(id, other)) {
					for (byte[] key : PARTS) {
						byte[] stranger = new RocksDbKeys(other).of(key);
						assertThat(Arrays.compareUnsigned(space.ownerRecord(), stranger) < 0
								&& Arrays.compareUnsigned(stranger, space.from()) < 0)
							.as("%s", Arrays.toString(stranger))
							.isFalse();
					}
				}
			}
		}
		assertThat(new RocksDbKeys(new byte[] { 97, 0 }).ownerRecord()).containsExactly(97, 0, -1, 0, 0);
	}

	@Test
	void stripShouldReturnTheActorsKey() {
		RocksDbKeys space = new RocksDbKeys(new byte[] { 97, 0, 98 });
		assertThat(space.of(new byte[] { 8, 0 })).containsExactly(97, 0, -1, 98, 0, 1, 8, 0);
		assertThat(space.strip(space.of(new byte[] { 8, 0 }))).containsExactly(8, 0);
		assertThat(space.prefixLength()).isEqualTo(6);
	}

}
