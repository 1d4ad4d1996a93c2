package io.kvsqlite.sqlite;

import com.kenai.jffi.MemoryIO;
import io.kvsqlite.vfs.ByteSource;
import io.kvsqlite.vfs.ByteTarget;

/**
 * SQLite's buffer for one read or write, moved from call to call instead of made anew.
 */
final class NativeBytes implements ByteSource, ByteTarget {

	private static final MemoryIO memory = MemoryIO.getInstance();

	private long address;

	NativeBytes at(long address) {
		this.address = address;
		return this;
	}

	@Override
	public void put(int position, byte[] source, int offset, int length) {
		memory.putByteArray(this.address + position, source, offset, length);
	}

	@Override
	public void zero(int position, int length) {
		memory.setMemory(this.address + position, length, (byte) 0);
	}

	@Override
	public void get(int position, byte[] target, int offset, int length) {
		memory.getByteArray(this.address + position, target, offset, length);
	}

}
