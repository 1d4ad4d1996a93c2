package io.kvsqlite.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.FaultyKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Imports with a store that fails at each of its operations in turn, in every way.
 */
class ImportFaultTests {

	private static final List<FaultKind> KINDS = List.of(FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER,
			FaultKind.STORE_FULL, FaultKind.RUNTIME_EXCEPTION_AFTER, FaultKind.ARRIVES_BEFORE_OPEN,
			FaultKind.ARRIVES_AFTER_OPEN, FaultKind.OWNERSHIP_LOST, FaultKind.FLIPPED, FaultKind.ABSENT);

	@TempDir
	private Path directory;

	private Path source(String sql) throws Exception {
		Path file = this.directory.resolve("in.sqlite");
		Sql.onFile(file, sql);
		return file;
	}

	@ParameterizedTest
	@CsvSource({ "4096,4096,8,false", "1024,8192,100,false", "8192,1024,8,true", "4096,4096,100,true" })
	void importThatFailsAtAnyOperationShouldLeaveTheOldActor(int oldPageSize, int newPageSize, int maxKeys,
			boolean persistent) throws Exception {
		Path file = source("PRAGMA page_size=" + newPageSize + "; CREATE TABLE new AS SELECT randomblob(30000) AS x");
		int failed = 0;
		for (FaultKind kind : KINDS) {
			if (persistent && kind == FaultKind.FLIPPED) {
				// SQLite notes what it read of the old database in its journal, and rolls
				// back to that
				continue;
			}
			int nth = 0;
			for (boolean fired = true; fired;) {
				nth++;
				MemoryKvStore store = new MemoryKvStore(new KvLimits(maxKeys, 64 * 1024));
				Sql.onActor(store, "a", "PRAGMA page_size=" + oldPageSize
						+ "; VACUUM; CREATE TABLE old AS SELECT randomblob(40000) AS x; PRAGMA user_version=5");
				String old = ContentHash.ofActor(store, "a");
				FaultyKvStore faulty = new FaultyKvStore(store, nth);
				faulty.inject(persistent ? Fault.at(kind, nth).fromThenOn() : Fault.at(kind, nth));
				boolean returned = false;
				boolean unknown = false;
				try {
					new ActorImport(faulty).replacing(true).fromFile(file, "a");
					returned = true;
				}
				catch (KvIndeterminateException ex) {
					unknown = true;
				}
				catch (IOException | RuntimeException ex) {
					failed++;
				}
				fired = faulty.fired() > 0;
				faulty.heal();
				// a crash may have left a journal, which the open plays back
				String tables = Sql.rowsOfActor(faulty, "a", "SELECT name FROM sqlite_schema").toString();
				String fault = "%s at operation %d".formatted(kind, nth);
				assertThat(Sql.rowsOfActor(faulty, "a", "PRAGMA integrity_check")).as(fault).containsExactly("ok");
				if (!unknown) {
					assertThat(tables).as(fault).isEqualTo(returned ? "[new]" : "[old]");
				}
				if (tables.equals("[old]")) {
					assertThat(ContentHash.ofActor(store, "a")).as(fault).isEqualTo(old);
				}
			}
		}
		assertThat(failed).isGreaterThan(5);
	}

	@ParameterizedTest
	@CsvSource({ "8", "100" })
	void importToANewActorThatFailsShouldLeaveNone(int maxKeys) throws Exception {
		Path file = source("CREATE TABLE new AS SELECT randomblob(30000) AS x");
		int failed = 0;
		for (FaultKind kind : KINDS) {
			int nth = 0;
			for (boolean fired = true; fired;) {
				nth++;
				MemoryKvStore store = new MemoryKvStore(new KvLimits(maxKeys, 64 * 1024));
				FaultyKvStore faulty = new FaultyKvStore(store, nth);
				faulty.inject(Fault.at(kind, nth));
				boolean returned = false;
				boolean unknown = false;
				try {
					new ActorImport(faulty).fromFile(file, "a");
					returned = true;
				}
				catch (KvIndeterminateException ex) {
					unknown = true;
				}
				catch (IOException | RuntimeException ex) {
					failed++;
				}
				fired = faulty.fired() > 0;
				faulty.heal();
				String fault = "%s at operation %d".formatted(kind, nth);
				List<String> found = new ArrayList<>();
				if (store.owner("a") != null) {
					found.addAll(Sql.rowsOfActor(faulty, "a", "SELECT name FROM sqlite_schema"));
				}
				if (!unknown) {
					assertThat(found).as(fault).isEqualTo(returned ? List.of("new") : List.of());
				}
			}
		}
		assertThat(failed).isGreaterThan(5);
	}

	/**
	 * The store spoils what it is given. Where it is given a transaction in parts, that
	 * is seen before it counts.
	 */
	@Test
	void importOfWhichTheStoreLosesAPartShouldLeaveTheOldActor() throws Exception {
		Path file = source("CREATE TABLE new AS SELECT randomblob(300000) AS x");
		MemoryKvStore store = new MemoryKvStore(new KvLimits(20, 64 * 1024));
		Sql.onActor(store, "a", "CREATE TABLE old AS SELECT randomblob(70000) AS x");
		String old = ContentHash.ofActor(store, "a");
		SpoilingKvStore spoiling = new SpoilingKvStore(store, "main database chunk 40");
		assertThatThrownBy(() -> new ActorImport(spoiling).replacing(true).fromFile(file, "a"))
			.isInstanceOf(CopyVerificationException.class);
		assertThat(Sql.rowsOfActor(store, "a", "SELECT name FROM sqlite_schema")).containsExactly("old");
		assertThat(ContentHash.ofActor(store, "a")).isEqualTo(old);
		assertThatThrownBy(() -> new ActorImport(spoiling).fromFile(file, "b"))
			.isInstanceOf(CopyVerificationException.class);
		assertThat(store.owner("b")).isNull();
	}

}
