package io.kvsqlite.spring.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application on really reduced class paths, and the reports of those that cannot
 * start.
 */
class ReducedClassPathTests {

	/**
	 * What the starter brings and no application can be without.
	 */
	private static final List<String> CORE = List.of("spring-boot-4", "spring-boot-autoconfigure-4",
			"spring-boot-starter-4", "spring-core", "spring-context", "spring-beans", "spring-aop", "spring-expression",
			"commons-logging", "micrometer-commons", "micrometer-observation", "jspecify", "slf4j-api", "logback",
			"sqlite-jdbc", "jnr-", "jffi", "asm", "kvsqlite");

	@TempDir
	private Path directory;

	private static boolean isJar(String name) {
		return name.endsWith(".jar");
	}

	private static Predicate<String> allBut(String... further) {
		return (name) -> isJar(name) && CORE.stream().noneMatch(name::startsWith)
				&& List.of(further).stream().noneMatch(name::startsWith);
	}

	private String[] onDisk(String... arguments) {
		String[] all = new String[arguments.length + 1];
		System.arraycopy(arguments, 0, all, 1, arguments.length);
		all[0] = "--kvsqlite.store.rocksdb.directory=" + this.directory.resolve("data");
		return all;
	}

	private static String run(Predicate<String> removed, int exitValue, String... arguments) throws Exception {
		try (ApplicationProcess process = ApplicationProcess.start(SmallApplication.class, removed, arguments)) {
			String output = process.finish();
			assertThat(process.exitValue()).as(output).isEqualTo(exitValue);
			return output;
		}
	}

	@Test
	void applicationWithNothingButSpringBootShouldStartAndClose() throws Exception {
		String output = run(allBut(), 0, "--kvsqlite.store.type=memory");
		assertThat(output).contains("rows: 1").contains("closed cleanly");
		assertThat(output).contains("actorDataSourceFactory").doesNotContain("actorDatabases");
	}

	@Test
	void applicationWithTheStartersDependenciesShouldHaveHandlesAndKeepItsData() throws Exception {
		Predicate<String> removed = allBut("rocksdbjni", "spring-jdbc", "spring-tx");
		assertThat(run(removed, 0, onDisk())).contains("rows: 1").contains("actorDatabases").contains("closed cleanly");
		assertThat(run(removed, 0, onDisk())).contains("rows: 2");
	}

	@Test
	void applicationWithActuatorButWithoutHealthShouldStart() throws Exception {
		Predicate<String> removed = allBut("spring-boot-actuator", "micrometer-", "spring-boot-micrometer", "jackson");
		assertThat(run(removed, 0, "--kvsqlite.store.type=memory")).contains("closed cleanly");
	}

	@Test
	void applicationWithEverythingWhenDisabledShouldHaveNothing() throws Exception {
		String output = run(
				(name) -> name.startsWith("spring-boot-hibernate") || name.startsWith("spring-boot-data")
						|| name.startsWith("HikariCP") || name.startsWith("spring-boot-flyway")
						|| name.startsWith("spring-boot-devtools"),
				0, "--kvsqlite.enabled=false", "--spring.main.web-application-type=none");
		assertThat(output).doesNotContain("actorDataSourceFactory").contains("closed cleanly");
	}

	@Test
	void defaultStoreWithoutAnyLibraryShouldNameTheArtifacts() throws Exception {
		assertThat(run(allBut(), 1)).contains("APPLICATION FAILED TO START")
			.contains("org.rocksdb:rocksdbjni")
			.contains("org.springframework.boot:spring-boot-starter-data-redis")
			.contains("org.postgresql:postgresql");
	}

	@Test
	void storeWithoutItsLibraryShouldNameTheArtifact() throws Exception {
		assertThat(run(allBut(), 1, "--kvsqlite.store.type=rocksdb")).contains("APPLICATION FAILED TO START")
			.contains("kvsqlite.store.type is 'rocksdb', but RocksDB is not on the class path")
			.contains("Add org.rocksdb:rocksdbjni");
		assertThat(run(allBut("rocksdbjni"), 1, "--kvsqlite.store.type=redis"))
			.contains("Add org.springframework.boot:spring-boot-starter-data-redis");
		assertThat(run(allBut("rocksdbjni"), 1, "--kvsqlite.store.type=postgresql"))
			.contains("Add org.springframework.boot:spring-boot-starter-jdbc and org.postgresql:postgresql");
	}

	@Test
	void directoryThatAnotherProcessUsesShouldBeReported() throws Exception {
		Predicate<String> removed = allBut("rocksdbjni");
		try (ApplicationProcess first = ApplicationProcess.start(SmallApplication.class, removed, onDisk("wait"))) {
			first.readUntil("waiting");
			assertThat(run(removed, 1, onDisk())).contains("APPLICATION FAILED TO START")
				.contains("is in use by another process")
				.contains("Stop the other process");
			first.goOn();
			assertThat(first.finish()).contains("closed cleanly");
		}
		assertThat(run(removed, 0, onDisk())).contains("rows: 2");
	}

	@Test
	void directoryThatCannotBeMadeShouldBeReported() throws Exception {
		Path file = Files.writeString(this.directory.resolve("file"), "not a directory");
		assertThat(run(allBut("rocksdbjni"), 1, "--kvsqlite.store.rocksdb.directory=" + file.resolve("data")))
			.contains("APPLICATION FAILED TO START")
			.contains(file.toString())
			.contains("cannot be made")
			.contains("Point kvsqlite.store.rocksdb.directory to a directory");
	}

	@Test
	void wrongPropertyShouldBeReportedWithPropertyValueAndRule() throws Exception {
		assertThat(run(allBut(), 1, "--kvsqlite.store.type=memory", "--kvsqlite.actors.max-open=0"))
			.contains("APPLICATION FAILED TO START")
			.contains("Invalid value '0' for configuration property 'kvsqlite.actors.max-open'")
			.contains("at least 1");
	}

	@Test
	void restartByDevToolsShouldCloseTheStoreAndOpenItAgain() throws Exception {
		// DevTools ends the thread that ran main first with an exception of its own,
		// hence the 1
		String output = run(allBut("rocksdbjni", "spring-jdbc", "spring-tx", "spring-boot-devtools"), 1,
				onDisk("restart"));
		assertThat(output).containsSubsequence("rows: 1", "closed cleanly", "rows: 2", "closed cleanly");
	}

}
