package io.kvsqlite.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Checks the rule of {@link KvWrite} that its parts do not overlap.
 */
final class DisjointParts implements KvWrite.Visitor<RuntimeException> {

	private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

	private final TreeMap<byte[], Boolean> putByKey = new TreeMap<>(Arrays::compareUnsigned);

	private final List<byte[][]> ranges = new ArrayList<>(1);

	private DisjointParts() {
	}

	static void require(KvWrite write) {
		if (write.keys() <= 1 || PutsInOrder.of(write)) {
			return;
		}
		DisjointParts parts = new DisjointParts();
		write.forEach(parts);
		parts.requireNoPutInRange();
	}

	@Override
	public void put(byte[] key, byte[] value) {
		name(key, true);
	}

	@Override
	public void delete(byte[] key) {
		name(key, false);
	}

	@Override
	public void deleteRange(byte[] from, byte[] to) {
		this.ranges.add(new byte[][] { from, to });
	}

	private void name(byte[] key, boolean put) {
		if (this.putByKey.put(key, put) != null) {
			throw new IllegalArgumentException("A write names the key %s twice".formatted(HEX.formatHex(key)));
		}
	}

	private void requireNoPutInRange() {
		for (byte[][] range : this.ranges) {
			if (Arrays.compareUnsigned(range[0], range[1]) >= 0) {
				continue;
			}
			this.putByKey.subMap(range[0], range[1]).forEach((key, put) -> {
				if (put) {
					throw new IllegalArgumentException(
							"A write puts the key %s and deletes the range %s to %s around it"
								.formatted(HEX.formatHex(key), HEX.formatHex(range[0]), HEX.formatHex(range[1])));
				}
			});
		}
	}

	/**
	 * Sees without building anything that the most frequent writes are right: puts alone,
	 * each key larger than the one before.
	 */
	private static final class PutsInOrder implements KvWrite.Visitor<RuntimeException> {

		private byte @Nullable [] last;

		private boolean holds = true;

		static boolean of(KvWrite write) {
			PutsInOrder order = new PutsInOrder();
			write.forEach(order);
			return order.holds;
		}

		@Override
		public void put(byte[] key, byte[] value) {
			this.holds &= this.last == null || Arrays.compareUnsigned(this.last, key) < 0;
			this.last = key;
		}

		@Override
		public void delete(byte[] key) {
			this.holds = false;
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) {
			this.holds = false;
		}

	}

}
