package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Looks for commits that RocksDB would drop without a word when it opens a database:
 * behind damage in a log, in a log that is gone or an old copy, in a manifest that ends
 * early. Changes nothing, and comes before RocksDB, which deletes logs that it has read.
 *
 * <p>
 * A log that ends in a torn write is normal. What is found here is more than that: a
 * record behind the damage, or a {@link CommitMark} that says how far the database had
 * come.
 */
final class DamageCheck {

	private static final Pattern LOG = Pattern.compile("(\\d+)\\.log");

	private static final Pattern MANIFEST = Pattern.compile("MANIFEST-(\\d+)\\R?");

	private final Path directory;

	private final List<String> findings = new ArrayList<>();

	private CommitMark.@Nullable Position mark;

	private @Nullable Boolean asynchronous;

	private final NavigableMap<Long, LogScan> logs = new TreeMap<>();

	private DamageCheck(Path directory) {
		this.directory = directory;
	}

	/**
	 * Look at a directory that no one else uses.
	 * @throws IOException if something cannot be read
	 */
	static DamageCheck of(Path directory) throws IOException {
		DamageCheck check = new DamageCheck(directory);
		if (Files.exists(directory.resolve("CURRENT"))) {
			check.lookAtMark();
			check.lookAtManifest();
			check.lookAtLogs();
		}
		return check;
	}

	private void lookAtMark() {
		try {
			CommitMark.Position position = CommitMark.read(this.directory);
			this.mark = position;
			this.asynchronous = (position != null) ? !position.synchronous() : null;
		}
		catch (IOException ex) {
			this.findings.add(String.valueOf(ex.getMessage()));
		}
	}

	private void lookAtManifest() throws IOException {
		long number = manifest(this.directory);
		Path file = manifestFile(this.directory, number);
		if (number < 0 || !Files.exists(file)) {
			// RocksDB says so, and opens nothing
			return;
		}
		LogScan scan = LogScan.of(file, number);
		String name = file.getFileName().toString();
		CommitMark.Position known = this.mark;
		if (known != null && number < known.manifest()) {
			this.findings.add("CURRENT names %s, but there was a MANIFEST-%06d".formatted(name, known.manifest()));
		}
		else if (known != null && number == known.manifest() && scan.end() < known.manifestBytes()) {
			this.findings
				.add("%s can be read up to byte %d, but had %d".formatted(name, scan.end(), known.manifestBytes()));
		}
		else if (scan.end() < scan.size() && !scan.cut() && !scan.zeros()) {
			this.findings.add("%s is damaged at byte %d".formatted(name, scan.end()));
		}
	}

	private void lookAtLogs() throws IOException {
		try (Stream<Path> list = Files.list(this.directory)) {
			for (Path file : list.toList()) {
				Matcher matcher = LOG.matcher(file.getFileName().toString());
				if (matcher.matches()) {
					long number = Long.parseLong(matcher.group(1));
					this.logs.put(number, LogScan.of(file, number));
				}
			}
		}
	}

	/**
	 * Return the number of the manifest that a database uses, -1 if that cannot be told.
	 */
	static long manifest(Path directory) throws IOException {
		// damage may have made it any bytes
		String current = new String(Files.readAllBytes(directory.resolve("CURRENT")), StandardCharsets.ISO_8859_1);
		Matcher matcher = MANIFEST.matcher(current);
		return (matcher.matches() && matcher.group(1).length() < 19) ? Long.parseLong(matcher.group(1)) : -1;
	}

	static Path manifestFile(Path directory, long number) {
		return directory.resolve("MANIFEST-%06d".formatted(number));
	}

	/**
	 * Return whether the database itself has to be asked: logs that it does not need any
	 * more may be damaged, and the last write that was acknowledged may be in no log.
	 */
	boolean isOpen() {
		return isBehind(lastSequence()) || !damagedLogs(0).isEmpty();
	}

	private long lastSequence() {
		return this.logs.values().stream().mapToLong(LogScan::lastSequence).max().orElse(0);
	}

	private boolean isBehind(long sequence) {
		return this.mark != null && this.mark.sequence() > sequence;
	}

	/**
	 * Take in what the database says.
	 * @param sequence the last sequence number in it
	 * @param oldestLog the number of the oldest log that it needs
	 */
	void found(long sequence, long oldestLog) {
		this.findings.addAll(damagedLogs(oldestLog));
		found(sequence);
	}

	/**
	 * Take in how far the database comes.
	 * @param sequence the last sequence number in it
	 */
	void found(long sequence) {
		CommitMark.Position known = this.mark;
		if (known != null && known.sequence() > sequence) {
			this.findings.add("the last write in it has the number %d, but %d was acknowledged".formatted(sequence,
					known.sequence()));
			this.mark = null;
		}
	}

	private List<String> damagedLogs(long oldestLog) {
		List<String> damaged = new ArrayList<>();
		long last = 0;
		for (Map.Entry<Long, LogScan> log : this.logs.tailMap(oldestLog).entrySet()) {
			LogScan scan = log.getValue();
			String name = "%06d.log".formatted(log.getKey());
			if (last > 0 && scan.firstSequence() > last + 1) {
				damaged.add("the log %s begins with the write %d, but the one before it ends with %d".formatted(name,
						scan.firstSequence(), last));
			}
			if (scan.laterRecord() >= 0) {
				damaged.add("the log %s is damaged at byte %d, and there are commits behind that, from byte %d on"
					.formatted(name, scan.end(), scan.laterRecord()));
			}
			last = Math.max(last, scan.lastSequence());
		}
		return damaged;
	}

	/**
	 * Return whether the machine may have lost, by stopping, what was acknowledged before
	 * it was on the disk.
	 * @param synchronous what to take for it if nothing is known
	 */
	boolean isAsynchronous(boolean synchronous) {
		return (this.asynchronous != null) ? this.asynchronous : !synchronous;
	}

	/**
	 * Return what is wrong, nothing if all is well.
	 */
	List<String> findings() {
		return List.copyOf(this.findings);
	}

}
