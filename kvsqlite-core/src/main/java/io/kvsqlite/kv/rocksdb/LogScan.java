package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.channels.SeekableByteChannel;
import java.util.zip.CRC32C;

/**
 * What is found in one of RocksDB's log files: of commits, or the manifest, which has the
 * same form.
 *
 * <p>
 * A log is a row of blocks of 32 KiB. A block is a row of fragments, each with a header:
 * a checksum (4 bytes, little-endian like all here), the length of its data (2), its type
 * (1), and where logs are used again the low bytes of the log's number (4), which tells
 * it from what an earlier log left in the file. A record is one fragment, or a first one,
 * any number of middle ones and a last one. The data of a record of commits begin with
 * its sequence number (8) and how many it takes (4).
 *
 * <p>
 * RocksDB reads a log up to the first fragment that is not valid and takes that for the
 * end. It is the end if a write was torn there, for a record is begun only when the one
 * before it is on the disk. So if any record begins behind that place, the log was
 * damaged, and commits that were acknowledged are about to be dropped. A log that is used
 * again has old bytes behind its end, so that place is looked for byte by byte; a
 * checksum over the log's own number does not come about by chance.
 *
 * @param end the offset behind the last whole record
 * @param size of the file, in bytes
 * @param firstSequence the first sequence number of a whole record, 0 if there is none
 * @param lastSequence the last sequence number of a whole record, 0 if there is none
 * @param laterRecord the offset of a record behind a fragment that is not valid, or -1 if
 * there is none
 * @param zeros whether there is nothing but zeros behind the last whole record
 * @param cut whether the file ends in the middle of what may be a fragment
 */
record LogScan(long end, long size, long firstSequence, long lastSequence, long laterRecord, boolean zeros,
		boolean cut) {

	private static final int BLOCK = 32 * 1024;

	private static final int HEADER = 7;

	private static final int RECYCLABLE_HEADER = 11;

	private static final int FULL = 1;

	private static final int FIRST = 2;

	private static final int MIDDLE = 3;

	private static final int LAST = 4;

	/**
	 * What is added to a type where logs are used again.
	 */
	private static final int RECYCLABLE = 4;

	private static final int SEQUENCE_AND_COUNT = 12;

	/**
	 * Read a log.
	 * @param file the log
	 * @param number its number
	 * @throws IOException if it cannot be read
	 */
	static LogScan of(Path file, long number) throws IOException {
		try (SeekableByteChannel channel = Files.newByteChannel(file, StandardOpenOption.READ)) {
			return new Reader(channel, (int) number).read();
		}
	}

	/**
	 * Reads one log.
	 */
	private static final class Reader {

		private final SeekableByteChannel channel;

		private final int number;

		private final ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);

		private final CRC32C crc = new CRC32C();

		private final ByteBuffer head = ByteBuffer.allocate(SEQUENCE_AND_COUNT).order(ByteOrder.LITTLE_ENDIAN);

		private long blockStart;

		private long end;

		private long firstSequence;

		private long lastSequence;

		private boolean inRecord;

		Reader(SeekableByteChannel channel, int number) {
			this.channel = channel;
			this.number = number;
		}

		LogScan read() throws IOException {
			while (nextBlock()) {
				int position = 0;
				while (!isTrailer(position)) {
					int length = valid(position);
					if (length < 0 || !take(position, length)) {
						return ended(position);
					}
					position += length;
				}
			}
			return new LogScan(this.end, this.channel.size(), this.firstSequence, this.lastSequence, -1,
					this.end == this.channel.size(), this.inRecord);
		}

		/**
		 * Read the next block, which is shorter at the end of the file.
		 */
		private boolean nextBlock() throws IOException {
			this.blockStart = this.channel.position();
			this.block.clear();
			while (this.block.hasRemaining() && this.channel.read(this.block) >= 0) {
				continue;
			}
			this.block.flip();
			return this.block.hasRemaining();
		}

		/**
		 * Return whether the rest of the block is too short for a fragment. Where logs
		 * are used again headers are longer, and zeros fill what is too short for them.
		 */
		private boolean isTrailer(int position) {
			if (position >= this.block.limit() || BLOCK - position < HEADER) {
				return true;
			}
			if (BLOCK - position >= RECYCLABLE_HEADER) {
				return false;
			}
			for (int i = position; i < this.block.limit(); i++) {
				if (this.block.get(i) != 0) {
					return false;
				}
			}
			return true;
		}

		/**
		 * Return the length of the fragment at a position, -1 if there is none that is
		 * valid.
		 */
		private int valid(int position) {
			if (position + HEADER > this.block.limit()) {
				return -1;
			}
			int type = this.block.get(position + 6) & 0xff;
			boolean recyclable = type > RECYCLABLE;
			if (type < FULL || type > LAST + RECYCLABLE) {
				return -1;
			}
			int header = recyclable ? RECYCLABLE_HEADER : HEADER;
			int length = header + (this.block.getShort(position + 4) & 0xffff);
			if (position + length > this.block.limit()
					|| recyclable && this.block.getInt(position + HEADER) != this.number) {
				return -1;
			}
			this.crc.reset();
			this.crc.update(this.block.array(), position + 6, length - 6);
			int value = (int) this.crc.getValue();
			int masked = ((value >>> 15) | (value << 17)) + 0xa282ead8;
			return (masked == this.block.getInt(position)) ? length : -1;
		}

		/**
		 * Take a fragment that is valid by itself.
		 * @return whether it may follow the one before it
		 */
		private boolean take(int position, int length) {
			int type = this.block.get(position + 6);
			int header = (type > RECYCLABLE) ? RECYCLABLE_HEADER : HEADER;
			type = (type > RECYCLABLE) ? type - RECYCLABLE : type;
			boolean begins = type == FULL || type == FIRST;
			if (begins == this.inRecord) {
				return false;
			}
			if (begins) {
				this.head.clear();
			}
			int wanted = Math.min(this.head.remaining(), length - header);
			this.head.put(this.block.array(), position + header, wanted);
			this.inRecord = type == FIRST || type == MIDDLE;
			if (!this.inRecord) {
				this.end = this.blockStart + position + length;
				if (!this.head.hasRemaining()) {
					long first = this.head.getLong(0);
					this.firstSequence = (this.firstSequence == 0) ? first : this.firstSequence;
					this.lastSequence = first + (this.head.getInt(8) & 0xffff_ffffL) - 1;
				}
			}
			return true;
		}

		/**
		 * Return what there is, now that no valid fragment follows.
		 */
		private LogScan ended(int position) throws IOException {
			long size = this.channel.size();
			boolean cut = this.blockStart + this.block.limit() == size && mayBeCut(position);
			long later = -1;
			boolean zeros = true;
			int from = position;
			do {
				for (int i = from; i < this.block.limit(); i++) {
					zeros &= this.block.get(i) == 0;
					// a record that begins where none may is damage before it
					if (later < 0 && begins(i) && valid(i) >= 0) {
						later = this.blockStart + i;
					}
				}
				from = 0;
			}
			while (nextBlock());
			return new LogScan(this.end, size, this.firstSequence, this.lastSequence, later, zeros, cut);
		}

		private boolean mayBeCut(int position) {
			int rest = this.block.limit() - position;
			return rest < HEADER
					|| position + HEADER + (this.block.getShort(position + 4) & 0xffff) > this.block.limit();
		}

		private boolean begins(int position) {
			if (position + HEADER > this.block.limit()) {
				return false;
			}
			int type = this.block.get(position + 6);
			return type == FULL || type == FIRST || type == FULL + RECYCLABLE || type == FIRST + RECYCLABLE;
		}

	}

}
