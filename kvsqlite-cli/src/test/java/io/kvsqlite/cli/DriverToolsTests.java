package io.kvsqlite.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import liquibase.Scope;
import liquibase.command.CommandScope;
import liquibase.command.core.UpdateCommandStep;
import liquibase.command.core.helpers.DbUrlConnectionArgumentsCommandStep;
import liquibase.resource.DirectoryResourceAccessor;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries the JDBC driver with tools that are given nothing but a URL and a driver's name.
 * SQLLine is tried in {@link KvSqliteJarTests}.
 */
class DriverToolsTests {

	private static final String DRIVER = "io.kvsqlite.driver.KvSqliteDriver";

	@TempDir
	private Path directory;

	private String url = "";

	@BeforeEach
	void chooseActor() {
		this.url = "jdbc:kvsqlite:rocksdb:%s?actor=team%%2F1&create=true".formatted(this.directory.resolve("store"));
	}

	private List<String> rows(String sql) throws SQLException {
		List<String> values = new ArrayList<>();
		try (Connection connection = DriverManager.getConnection(this.url);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(sql)) {
			while (rows.next()) {
				values.add(rows.getString(1));
			}
		}
		return values;
	}

	@Test
	void liquibaseShouldMigrateAnActorByItsUrl() throws Exception {
		Files.writeString(this.directory.resolve("changes.sql"), """
				--liquibase formatted sql
				--changeset someone:1
				CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
				--changeset someone:2
				INSERT INTO note (text) VALUES ('one');
				CREATE INDEX note_text ON note (text);
				""");
		for (int run = 0; run < 2; run++) {
			Scope.child(Scope.Attr.resourceAccessor, new DirectoryResourceAccessor(this.directory),
					() -> new CommandScope(UpdateCommandStep.COMMAND_NAME)
						.addArgumentValue(DbUrlConnectionArgumentsCommandStep.URL_ARG, this.url)
						.addArgumentValue(DbUrlConnectionArgumentsCommandStep.DRIVER_ARG, DRIVER)
						.addArgumentValue(UpdateCommandStep.CHANGELOG_FILE_ARG, "changes.sql")
						.execute());
			assertThat(rows("SELECT text FROM note")).containsExactly("one");
			assertThat(rows("SELECT id FROM databasechangelog ORDER BY orderexecuted")).containsExactly("1", "2");
			assertThat(rows("SELECT locked FROM databasechangeloglock")).containsExactly("0");
		}
	}

	@Test
	void jooqShouldGenerateItsClassesFromAnActor() throws Exception {
		try (Connection connection = DriverManager.getConnection(this.url);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
			statement.executeUpdate("CREATE TABLE tag (note INTEGER NOT NULL REFERENCES note (id), name TEXT UNIQUE)");
		}
		GenerationTool.generate(new Configuration().withLogging(Logging.WARN)
			.withJdbc(new Jdbc().withDriver(DRIVER).withUrl(this.url))
			.withGenerator(new Generator().withDatabase(new Database().withName("org.jooq.meta.sqlite.SQLiteDatabase"))
				.withTarget(new Target().withPackageName("generated").withDirectory(this.directory.toString()))));
		String note = Files.readString(this.directory.resolve("generated/tables/Note.java"));
		assertThat(note).contains("TEXT = createField(DSL.name(\"text\"), SQLDataType.CLOB.nullable(false)");
		assertThat(Files.readString(this.directory.resolve("generated/Keys.java"))).contains("NOTE__PK_NOTE")
			.contains("ForeignKey<TagRecord, NoteRecord> TAG__");
	}

}
