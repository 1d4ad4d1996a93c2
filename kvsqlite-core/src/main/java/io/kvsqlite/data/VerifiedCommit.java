package io.kvsqlite.data;

import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.vfs.ActorFiles;
import io.kvsqlite.vfs.ByteTarget;
import io.kvsqlite.vfs.CommitVerification;
import org.jspecify.annotations.Nullable;

/**
 * Lets a transaction commit only if it makes an actor's database equal to another one,
 * and remembers what came of it. Used by one thread.
 */
final class VerifiedCommit implements CommitVerification {

	private final ActorFiles files;

	private final long size;

	private final String expected;

	private @Nullable RuntimeException failure;

	private boolean verified;

	private boolean committed;

	/**
	 * Create a verification.
	 * @param files the actor's
	 * @param size the size that its database shall have, in bytes
	 * @param expected the content hash that it shall have
	 */
	VerifiedCommit(ActorFiles files, long size, String expected) {
		this.files = files;
		this.size = size;
		this.expected = expected;
	}

	@Override
	public void verify() {
		try {
			String found = hash();
			if (!found.equals(this.expected)) {
				throw new CopyVerificationException(this.files.actorId(), this.expected, found);
			}
			this.verified = true;
		}
		catch (RuntimeException ex) {
			this.failure = ex;
			throw ex;
		}
	}

	private String hash() {
		if (this.files.main().size() < this.size) {
			return "none, it has %d bytes instead of %d".formatted(this.files.main().size(), this.size);
		}
		ContentHash hash = new ContentHash(this.size);
		for (long index = 0; index < ChunkKeys.chunkCount(this.size); index++) {
			Chunk chunk = new Chunk(ChunkKeys.chunkLength(index, this.size));
			this.files.main().read(index * ChunkKeys.CHUNK_SIZE, chunk.bytes.length, chunk);
			hash.add(index, chunk.bytes);
		}
		return hash.finish();
	}

	@Override
	public void committed() {
		this.committed = true;
	}

	/**
	 * Return whether the transaction was verified: from then on it may have committed.
	 */
	boolean isVerified() {
		return this.verified;
	}

	/**
	 * Return whether the transaction was verified and the store has confirmed it.
	 */
	boolean isCommitted() {
		return this.verified && this.committed;
	}

	/**
	 * Return why the transaction was refused, {@code null} if it was not.
	 */
	@Nullable RuntimeException failure() {
		return this.failure;
	}

	/**
	 * A chunk that is being read.
	 */
	private static final class Chunk implements ByteTarget {

		private final byte[] bytes;

		Chunk(int length) {
			this.bytes = new byte[length];
		}

		@Override
		public void put(int position, byte[] source, int offset, int length) {
			System.arraycopy(source, offset, this.bytes, position, length);
		}

		@Override
		public void zero(int position, int length) {
			Arrays.fill(this.bytes, position, position + length, (byte) 0);
		}

	}

}
