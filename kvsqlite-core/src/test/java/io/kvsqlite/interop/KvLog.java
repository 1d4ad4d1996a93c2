package io.kvsqlite.interop;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

import io.kvsqlite.codec.ChunkKeys;
import org.jspecify.annotations.Nullable;

/**
 * The writes that made a namespace what it is, in a file that the Node program reads and
 * writes too; {@code src/test/node/kvlog.mjs} describes its bytes.
 *
 * @param writes the writes, in order
 */
record KvLog(List<List<Change>> writes) {

	private static final int DELETED = 0xffffffff;

	/**
	 * Make a log of one write from the content of a namespace.
	 * @param namespace the keys and values
	 * @return the dump
	 */
	static KvLog dump(NavigableMap<byte[], byte[]> namespace) {
		List<Change> changes = new ArrayList<>();
		namespace.forEach((key, value) -> changes.add(new Change(key, value)));
		return new KvLog(List.of(changes));
	}

	static KvLog read(Path file) throws IOException {
		List<List<Change>> writes = new ArrayList<>();
		try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
			for (int count = nextCount(in); count >= 0; count = nextCount(in)) {
				List<Change> changes = new ArrayList<>(count);
				for (int i = 0; i < count; i++) {
					byte[] key = bytes(in, in.readInt());
					int length = in.readInt();
					changes.add(new Change(key, (length != DELETED) ? bytes(in, length) : null));
				}
				writes.add(changes);
			}
		}
		return new KvLog(writes);
	}

	private static int nextCount(DataInputStream in) throws IOException {
		in.mark(1);
		if (in.read() < 0) {
			return -1;
		}
		in.reset();
		return in.readInt();
	}

	private static byte[] bytes(DataInputStream in, int length) throws IOException {
		byte[] bytes = in.readNBytes(length);
		if (bytes.length != length) {
			throw new EOFException("the log ends in the middle of a change");
		}
		return bytes;
	}

	void write(Path file) throws IOException {
		try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
			for (List<Change> changes : this.writes) {
				out.writeInt(changes.size());
				for (Change change : changes) {
					out.writeInt(change.key().length);
					out.write(change.key());
					byte[] value = change.value();
					out.writeInt((value != null) ? value.length : DELETED);
					if (value != null) {
						out.write(value);
					}
				}
			}
		}
	}

	/**
	 * Return what a process leaves behind that stopped after some writes.
	 * @param count how many of the writes were applied
	 * @return the keys and values, in the order of unsigned bytes
	 */
	NavigableMap<byte[], byte[]> namespaceAfter(int count) {
		NavigableMap<byte[], byte[]> namespace = new TreeMap<>(Arrays::compareUnsigned);
		for (List<Change> changes : this.writes.subList(0, count)) {
			for (Change change : changes) {
				if (change.value() != null) {
					namespace.put(change.key(), change.value());
				}
				else {
					namespace.remove(change.key());
				}
			}
		}
		return namespace;
	}

	NavigableMap<byte[], byte[]> namespace() {
		return namespaceAfter(this.writes.size());
	}

	/**
	 * Return a namespace in a form that can be compared and printed.
	 * @param namespace the keys and values
	 * @return a line for each key, with a hash of its value
	 */
	static List<String> inWords(NavigableMap<byte[], byte[]> namespace) {
		return namespace.entrySet()
			.stream()
			.map((entry) -> "%s: %d bytes, hash %08x".formatted(ChunkKeys.describe(entry.getKey()),
					entry.getValue().length, Arrays.hashCode(entry.getValue())))
			.toList();
	}

	/**
	 * A put, or a deletion.
	 *
	 * @param key the key
	 * @param value its new value, or {@code null} if the key becomes absent
	 */
	record Change(byte[] key, byte @Nullable [] value) {
	}

}
