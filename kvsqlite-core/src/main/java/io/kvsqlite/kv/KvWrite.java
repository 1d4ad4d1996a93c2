package io.kvsqlite.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One atomic write: puts, deletes and range deletes that are applied together or not at
 * all.
 *
 * <p>
 * The parts do not overlap: a key is named at most once, and no range covers a key that
 * the same write puts. So a store may apply them in any order. The arrays are not copied
 * and must not change until the write has returned. Not thread-safe.
 */
public final class KvWrite {

	private final List<byte[]> putKeys = new ArrayList<>();

	private final List<byte[]> putValues = new ArrayList<>();

	private final List<byte[]> deletes = new ArrayList<>();

	private final List<byte[]> rangeStarts = new ArrayList<>();

	private final List<byte[]> rangeEnds = new ArrayList<>();

	private long bytes;

	/**
	 * Set a key's value.
	 * @param key the key
	 * @param value the value, possibly empty
	 * @return this write
	 */
	public KvWrite put(byte[] key, byte[] value) {
		this.putKeys.add(key);
		this.putValues.add(value);
		this.bytes += key.length + value.length;
		return this;
	}

	/**
	 * Make a key absent.
	 * @param key the key
	 * @return this write
	 */
	public KvWrite delete(byte[] key) {
		this.deletes.add(key);
		this.bytes += key.length;
		return this;
	}

	/**
	 * Make all keys of a range absent.
	 * @param from the first key of the range
	 * @param to the first key behind the range, not before {@code from}; the range is
	 * empty when they are equal
	 * @return this write
	 * @throws IllegalArgumentException if the range ends before it begins
	 */
	public KvWrite deleteRange(byte[] from, byte[] to) {
		if (Arrays.compareUnsigned(from, to) > 0) {
			throw new IllegalArgumentException("A range to delete ends before it begins");
		}
		this.rangeStarts.add(from);
		this.rangeEnds.add(to);
		this.bytes += from.length + to.length;
		return this;
	}

	/**
	 * Return how many keys this write counts against {@link KvLimits#maxKeys()}.
	 * @return the number of puts, deletes and range deletes
	 */
	public int keys() {
		return this.putKeys.size() + this.deletes.size() + this.rangeStarts.size();
	}

	/**
	 * Return how many bytes this write counts against {@link KvLimits#maxBytes()}.
	 * @return the bytes of all keys and values
	 */
	public long bytes() {
		return this.bytes;
	}

	/**
	 * Return whether this write does nothing.
	 * @return whether there is neither put nor delete
	 */
	public boolean isEmpty() {
		return keys() == 0;
	}

	/**
	 * Return whether this write does nothing but set values.
	 * @return whether there are no deletes and no range deletes
	 */
	public boolean onlyPuts() {
		return this.deletes.isEmpty() && this.rangeStarts.isEmpty();
	}

	/**
	 * Return whether this write stays within limits.
	 * @param limits the limits
	 * @return whether neither keys nor bytes are over them
	 */
	public boolean fits(KvLimits limits) {
		return keys() <= limits.maxKeys() && this.bytes <= limits.maxBytes();
	}

	/**
	 * Hand all parts to a visitor: range deletes, then deletes, then puts, each in the
	 * order in which they were added.
	 * @param <X> what the visitor may throw
	 * @param visitor the visitor
	 * @throws X if the visitor did
	 */
	public <X extends Exception> void forEach(Visitor<X> visitor) throws X {
		for (int i = 0; i < this.rangeStarts.size(); i++) {
			visitor.deleteRange(this.rangeStarts.get(i), this.rangeEnds.get(i));
		}
		for (byte[] key : this.deletes) {
			visitor.delete(key);
		}
		for (int i = 0; i < this.putKeys.size(); i++) {
			visitor.put(this.putKeys.get(i), this.putValues.get(i));
		}
	}

	/**
	 * Receives the parts of a write.
	 *
	 * @param <X> what it may throw
	 */
	public interface Visitor<X extends Exception> {

		/**
		 * A key gets a value.
		 * @param key the key
		 * @param value the value
		 * @throws X if the visitor fails
		 */
		void put(byte[] key, byte[] value) throws X;

		/**
		 * A key becomes absent.
		 * @param key the key
		 * @throws X if the visitor fails
		 */
		void delete(byte[] key) throws X;

		/**
		 * The keys of a range become absent.
		 * @param from the first key of the range
		 * @param to the first key behind the range
		 * @throws X if the visitor fails
		 */
		void deleteRange(byte[] from, byte[] to) throws X;

	}

}
