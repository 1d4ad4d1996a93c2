package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link DirectoryLock}.
 */
class DirectoryLockTests {

	@TempDir
	private Path temporary;

	private Path directory;

	@BeforeEach
	void makeDirectory() throws IOException {
		this.temporary = this.temporary.toRealPath();
		this.directory = Files.createDirectory(this.temporary.resolve("d"));
	}

	private static void requireLocked(Path spelling) {
		assertThatExceptionOfType(RocksDbDirectoryLockedException.class).as(spelling.toString())
			.isThrownBy(() -> new RocksDbKvStore(spelling))
			.satisfies((ex) -> assertThat(ex.directory()).isEqualTo(spelling))
			.satisfies((ex) -> assertThat(ex.isLockedByThisProcess()).isTrue());
	}

	/**
	 * Return names of the directory other than its path.
	 */
	private List<Path> spellings() throws IOException {
		Files.createDirectory(this.temporary.resolve("other"));
		Path link = Files.createSymbolicLink(this.temporary.resolve("link"), this.directory);
		Path parent = Files.createSymbolicLink(this.temporary.resolve("parent"), this.temporary);
		List<Path> spellings = new ArrayList<>(List.of(this.directory.resolve("."), this.directory.resolve("../d"),
				this.temporary.resolve("other/../d"), Path.of(this.directory + "//"), link, parent.resolve("d"),
				parent.resolve("parent/link"),
				Files.createSymbolicLink(this.temporary.resolve("second link"), Path.of("parent/link/.")),
				Path.of("").toAbsolutePath().relativize(this.directory)));
		if (Files.exists(Path.of("/proc/self/root"))) {
			spellings.add(Path.of("/proc/self/root" + this.directory));
		}
		return spellings;
	}

	@Test
	void openStoreWhenTheDirectoryIsOpenUnderAnotherNameShouldBeRefused() throws Exception {
		List<Path> spellings = spellings();
		for (Path first : spellings) {
			try (RocksDbKvStore store = new RocksDbKvStore(first)) {
				KvSession session = store.open("a", new byte[0][]).session();
				requireLocked(this.directory);
				spellings.forEach(DirectoryLockTests::requireLocked);
				session.write(new KvWrite().put(new byte[] { 1 }, new byte[] { 2 }));
			}
		}
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
			assertThat(store.open("a", new byte[0][]).session().commit()).isEqualTo(spellings.size());
		}
	}

	@Test
	void storesThatWereRefusedShouldNotFreeTheDirectoryForOtherProcesses() throws Exception {
		Path link = Files.createSymbolicLink(this.temporary.resolve("link"), this.directory);
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
			for (int i = 0; i < 3; i++) {
				requireLocked(link);
				requireLocked(this.directory);
			}
			assertThat(StoreProcess.attemptElsewhere(link)).isEqualTo("locked");
			// as people do who take it for a left-over
			Files.delete(this.directory.resolve("LOCK"));
			assertThat(StoreProcess.attemptElsewhere(this.directory)).isEqualTo("locked");
			requireLocked(link);
			store.ping();
		}
		assertThat(StoreProcess.attemptElsewhere(link)).isEqualTo("open");
	}

	/**
	 * A second mount of a directory has another path and the same file key; so has a
	 * directory that was moved, which takes no rights to do.
	 */
	@Test
	void openStoreWhenTheDirectoryIsOpenUnderAPathThatNoLinkLeadsToShouldBeRefused() throws Exception {
		RocksDbKvStore store = new RocksDbKvStore(this.directory);
		try {
			Path moved = Files.move(this.directory, this.temporary.resolve("moved"));
			requireLocked(moved);
			// what is made at the old place is another directory, but RocksDB makes files
			// by their path
			Files.createDirectory(this.directory);
			requireLocked(this.directory);
			Files.delete(this.directory);
			Files.move(moved, this.directory);
		}
		finally {
			store.close();
		}
		new RocksDbKvStore(this.directory).close();
	}

	/**
	 * Where this user may mount. The test before this one has the same on any machine.
	 */
	@Test
	void openStoreThroughASecondMountShouldBeRefused() throws Exception {
		Path mount = Files.createDirectory(this.temporary.resolve("mount"));
		boolean mounted = run("mount", "--bind", this.directory.toString(), mount.toString());
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
			if (mounted) {
				requireLocked(mount);
				assertThat(StoreProcess.attemptElsewhere(mount)).isEqualTo("locked");
			}
			requireLocked(mount.resolve("../d"));
			store.ping();
		}
		finally {
			assertThat(!mounted || run("umount", mount.toString())).isTrue();
		}
	}

	private static boolean run(String... command) throws Exception {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
			return process.exitValue() == 0;
		}
		catch (IOException ex) {
			// there is no such command
			return false;
		}
	}

	@Test
	void openStoreWhenAnotherClassLoaderHasTheDirectoryShouldBeRefused() throws Exception {
		Path link = Files.createSymbolicLink(this.temporary.resolve("link"), this.directory);
		List<URL> classPath = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
			classPath.add(Path.of(entry).toUri().toURL());
		}
		try (URLClassLoader other = new URLClassLoader(classPath.toArray(URL[]::new),
				ClassLoader.getPlatformClassLoader())) {
			try (RocksDbKvStore store = new RocksDbKvStore(this.directory)) {
				for (int i = 0; i < 3; i++) {
					assertThatExceptionOfType(InvocationTargetException.class).isThrownBy(() -> open(other, link))
						.satisfies((ex) -> assertThat(ex.getCause().getClass().getName())
							.isEqualTo(RocksDbDirectoryLockedException.class.getName()))
						.satisfies((ex) -> assertThat(ex.getCause()).hasMessageContaining("this process"));
				}
				assertThat(StoreProcess.attemptElsewhere(link)).isEqualTo("locked");
				store.ping();
			}
			try (AutoCloseable theirs = open(other, link)) {
				requireLocked(this.directory);
				requireLocked(link);
				assertThat(theirs).isNotInstanceOf(RocksDbKvStore.class);
				assertThat(StoreProcess.attemptElsewhere(this.directory)).isEqualTo("locked");
			}
			new RocksDbKvStore(this.directory).close();
			open(other, this.directory).close();
			assertThat(StoreProcess.attemptElsewhere(this.directory)).isEqualTo("open");
		}
	}

	private static AutoCloseable open(ClassLoader loader, Path directory) throws ReflectiveOperationException {
		Class<?> type = loader.loadClass(RocksDbKvStore.class.getName());
		assertThat(type).isNotEqualTo(RocksDbKvStore.class);
		return (AutoCloseable) type.getConstructor(Path.class).newInstance(directory);
	}

	@Test
	void openStoreThatFailedShouldLeaveTheDirectoryFree() throws Exception {
		new RocksDbKvStore(this.directory).close();
		byte[] current = Files.readAllBytes(this.directory.resolve("CURRENT"));
		for (Throwable thrown : List.of(new IllegalStateException("refused"), new StackOverflowError(),
				new OutOfMemoryError("none"))) {
			RocksDbOptions options = RocksDbOptions.of(this.directory)
				.withCustomizers((db) -> sneak(thrown), (family) -> {
				});
			assertThatExceptionOfType(Throwable.class).isThrownBy(() -> new RocksDbKvStore(options)).isSameAs(thrown);
			assertThat(DirectoryLock.isHeld(this.directory)).isFalse();
		}
		Files.writeString(this.directory.resolve("CURRENT"), "MANIFEST-999999\n");
		assertThatExceptionOfType(KvException.class).isThrownBy(() -> new RocksDbKvStore(this.directory));
		assertThat(DirectoryLock.isHeld(this.directory)).isFalse();
		Files.write(this.directory.resolve("CURRENT"), current);
		// a lock that cannot be had, for its file is none
		Path file = this.directory.resolve(DirectoryLock.FILE);
		Files.delete(file);
		Files.createDirectory(file);
		assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(this.directory))
			.withMessageContaining("cannot be locked");
		assertThat(DirectoryLock.isHeld(this.directory)).isFalse();
		Files.delete(file);
		assertThat(StoreProcess.attemptElsewhere(this.directory)).isEqualTo("open");
		new RocksDbKvStore(this.directory).close();
	}

	@SuppressWarnings("unchecked")
	private static <X extends Throwable> void sneak(Throwable thrown) throws X {
		throw (X) thrown;
	}

	@Test
	void acquireWhenTheThreadIsInterruptedShouldLockAndStayInterrupted() throws IOException {
		Thread.currentThread().interrupt();
		try (DirectoryLock lock = DirectoryLock.acquire(this.directory)) {
			assertThat(Thread.interrupted()).isTrue();
			assertThat(lock.isInPlace()).isTrue();
			assertThat(lock.path()).isEqualTo(this.directory);
			requireLocked(this.directory);
		}
	}

	@Test
	void isInPlaceShouldTellThatTheDirectoryWasReplaced() throws IOException {
		Path other = Files.createDirectory(this.temporary.resolve("other"));
		DirectoryLock.acquire(other).close();
		try (DirectoryLock lock = DirectoryLock.acquire(this.directory)) {
			Path moved = Files.move(this.directory, this.temporary.resolve("moved"));
			assertThat(lock.isInPlace()).isFalse();
			Files.move(other, this.directory);
			assertThat(lock.isInPlace()).isFalse();
			Files.move(this.directory, other);
			Files.move(moved, this.directory);
			assertThat(lock.isInPlace()).isTrue();
			Files.delete(this.directory.resolve(DirectoryLock.FILE));
			assertThat(lock.isInPlace()).isFalse();
			lock.close();
			assertThat(DirectoryLock.isHeld(this.directory)).isFalse();
		}
		assertThatIOException().isThrownBy(() -> DirectoryLock.acquire(this.temporary.resolve("none")));
	}

}
