package io.kvsqlite.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

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
		if (write.keys() <= 1) {
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

}
