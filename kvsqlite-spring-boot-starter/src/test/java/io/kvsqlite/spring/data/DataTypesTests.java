package io.kvsqlite.spring.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.kvsqlite.ActorInitializer;
import io.kvsqlite.spring.routing.ActorContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.annotation.Id;
import org.springframework.data.annotation.Version;
import org.springframework.data.domain.Limit;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Pageable;
import org.springframework.data.domain.Sort;
import org.springframework.data.jdbc.core.JdbcAggregateTemplate;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.data.relational.core.mapping.Table;
import org.springframework.data.relational.core.query.Criteria;
import org.springframework.data.relational.core.sql.LockMode;
import org.springframework.data.relational.repository.Lock;
import org.springframework.data.repository.ListCrudRepository;
import org.springframework.data.repository.ListPagingAndSortingRepository;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Every type through Spring Data JDBC on the current actor, as the table of
 * {@code docs/data-types.md} says; and what repositories can do.
 */
class DataTypesTests {

	private static final Map<String, Object> VALUES = values();

	private static ConfigurableApplicationContext context;

	private static JdbcAggregateTemplate template;

	private static JdbcClient client;

	private static Map<String, Object> values() {
		Instant instant = Instant.parse("2026-11-30T23:59:59.123Z");
		Map<String, Object> values = new LinkedHashMap<>();
		values.put("string", "007");
		values.put("bool", true);
		values.put("tiny", (byte) -7);
		values.put("small", (short) 700);
		values.put("number", 70_000);
		values.put("big", Long.MAX_VALUE);
		values.put("single", 0.5f);
		values.put("real", 0.1);
		values.put("decimal", new BigDecimal("1234567890123456789.50"));
		values.put("integer", new BigInteger("12345678901234567890"));
		values.put("letter", 'x');
		values.put("enumeration", DayOfWeek.MONDAY);
		values.put("uuid", UUID.fromString("0b7a7b2e-8f5c-4c0e-9d3a-1f2e3d4c5b6a"));
		values.put("bytes", new byte[] { 0, 1, -1 });
		values.put("instant", instant);
		values.put("date", Date.from(instant));
		values.put("timestamp", Timestamp.from(instant.plusNanos(456_789)));
		values.put("sqlDate", java.sql.Date.valueOf("2026-11-30"));
		values.put("sqlTime", new Time(Timestamp.valueOf(LocalDateTime.parse("1970-01-01T23:59:59.123")).getTime()));
		values.put("offsetDateTime", OffsetDateTime.parse("2026-11-30T23:59:59.123Z"));
		values.put("zonedDateTime", instant.atZone(ZoneOffset.UTC));
		values.put("localDateTime", LocalDateTime.parse("2026-11-30T23:59:59.123456"));
		values.put("localDate", LocalDate.parse("2026-11-30"));
		values.put("localTime", LocalTime.parse("23:59"));
		values.put("offsetTime", OffsetTime.parse("23:59:59.123+01:00"));
		values.put("year", Year.of(2026));
		values.put("yearMonth", YearMonth.of(2026, 11));
		values.put("monthDay", MonthDay.of(11, 30));
		values.put("duration", Duration.ofMinutes(90));
		values.put("period", Period.ofDays(30));
		values.put("zone", ZoneId.of("Europe/Berlin"));
		return values;
	}

	/**
	 * The table of the page: property, type, how it is declared, how it is stored.
	 */
	static List<Row> table() throws IOException {
		Map<String, Field> fields = Arrays.stream(Everything.class.getDeclaredFields())
			.collect(Collectors.toMap((field) -> name(field.getType()), (field) -> field, (one, other) -> other));
		return Files.readAllLines(Path.of("../docs/data-types.md"))
			.stream()
			.filter((line) -> line.startsWith("| `"))
			.map((line) -> line.split("\\s*\\|\\s*", -1))
			.filter((cells) -> cells.length > 4)
			.flatMap((cells) -> Stream.of(cells[1].split(", "))
				.map((type) -> new Row(type.replace("`", ""), cells[2].replace("`", ""), cells[3].replace("`", ""))))
			.map((row) -> row.of(fields))
			.toList();
	}

	/**
	 * As the page names it: with its package where there are several.
	 */
	private static String name(Class<?> type) {
		return (type == Date.class || type.getPackageName().equals("java.sql"))
				? type.getName().substring("java.".length()) : type.getSimpleName();
	}

	@BeforeAll
	static void start() {
		context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.properties("kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true",
					"kvsqlite.actors.connection-timeout=300ms",
					"spring.autoconfigure.exclude="
							+ "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
							+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration")
			.run();
		template = context.getBean(JdbcAggregateTemplate.class);
		client = context.getBean(JdbcClient.class);
	}

	@AfterAll
	static void close() {
		context.close();
	}

	private static Everything everything() throws IllegalAccessException {
		Everything row = new Everything();
		for (Field field : Everything.class.getDeclaredFields()) {
			if (!field.getName().equals("id")) {
				field.set(row, VALUES.get(field.getName()));
			}
		}
		return row;
	}

	@Test
	void everyTypeOfTheTestShouldStandInTheTable() throws IOException {
		assertThat(table()).extracting(Row::property).containsExactlyInAnyOrderElementsOf(VALUES.keySet());
	}

	@ParameterizedTest
	@MethodSource("table")
	void valueShouldBeStoredAsTheTableSaysAndReadBack(Row row) throws Exception {
		Everything written = everything();
		ActorContext.run("write", () -> template.insert(written));
		Map<String, Object> stored = ActorContext.call("write",
				() -> client
					.sql("SELECT typeof(%1$s) AS type, CAST(%1$s AS TEXT) AS text FROM everything WHERE id = :id"
						.formatted(row.column()))
					.param("id", written.id)
					.query()
					.singleRow());
		assertThat(stored.get("type")).isEqualTo(row.storage().split(" ")[0].toLowerCase(Locale.ROOT));
		if (!row.property().equals("bytes")) {
			assertThat(stored.get("text")).isEqualTo(row.example());
		}
		Everything read = ActorContext.call("write", () -> template.findById(written.id, Everything.class));
		assertThat(row.field().get(read)).isEqualTo(VALUES.get(row.property()));
	}

	@ParameterizedTest
	@MethodSource("table")
	void nullShouldBeReadBack(Row row) throws Exception {
		Everything written = everything();
		row.field().set(written, null);
		ActorContext.run("null", () -> template.insertAll(List.of(written)));
		Everything read = ActorContext.call("null",
				() -> template.findOne(org.springframework.data.relational.core.query.Query
					.query(Criteria.where("id").is(written.id).and(row.property()).isNull()), Everything.class))
			.orElseThrow();
		assertThat(row.field().get(read)).isNull();
	}

	@ParameterizedTest
	@MethodSource("table")
	void criteriaShouldFindTheValueAndNoOther(Row row) throws Exception {
		String actor = "criteria-" + row.property();
		Everything written = everything();
		Everything other = new Everything();
		ActorContext.run(actor, () -> template.saveAll(List.of(other, written)));
		assertThat(find(actor, Criteria.where(row.property()).is(VALUES.get(row.property()))))
			.containsExactly(written.id);
		assertThat(find(actor, Criteria.where(row.property()).in(List.of(VALUES.get(row.property())))))
			.containsExactly(written.id);
		other.string = "changed";
		row.field().set(other, VALUES.get(row.property()));
		ActorContext.run(actor, () -> template.saveAll(List.of(other, written)));
		assertThat(find(actor, Criteria.where(row.property()).is(VALUES.get(row.property()))))
			.containsExactlyInAnyOrder(written.id, other.id);
	}

	private static List<Long> find(String actor, Criteria criteria) {
		return ActorContext
			.call(actor,
					() -> template.findAll(org.springframework.data.relational.core.query.Query.query(criteria),
							Everything.class))
			.stream()
			.map((row) -> row.id)
			.toList();
	}

	@Test
	void zonesShouldBecomeUtcAndKeepTheMoment() throws Exception {
		Everything written = everything();
		written.offsetDateTime = OffsetDateTime.parse("2026-12-01T01:59:59.123+02:00");
		written.zonedDateTime = ZonedDateTime.parse("2026-12-01T00:59:59.123+01:00[Europe/Berlin]");
		ActorContext.run("zones", () -> template.insert(written));
		Everything read = ActorContext.call("zones", () -> template.findById(written.id, Everything.class));
		assertThat(read.offsetDateTime).isEqualTo(OffsetDateTime.parse("2026-11-30T23:59:59.123Z"));
		assertThat(read.zonedDateTime.toInstant()).isEqualTo(written.zonedDateTime.toInstant());
		assertThat(find("zones", Criteria.where("zonedDateTime").is(written.zonedDateTime))).hasSize(1);
	}

	/**
	 * What sqlite-jdbc makes of a value that is given to it, and what SQLite's functions
	 * answer.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			instant        | 1796083199123
			instant        | '2026-11-30T23:59:59.123Z'
			instant        | '2026-12-01T00:59:59.123+01:00'
			instant        | '2026-11-30 23:59:59.123Z'
			instant        | strftime('%Y-%m-%d %H:%M:%f', 1796083199.123, 'unixepoch')
			instant        | julianday('2026-11-30 23:59:59.123')
			date           | 1796083199123
			offsetDateTime | '2026-12-01T00:59:59.123+01:00'
			offsetDateTime | 1796083199123
			zonedDateTime  | '2026-12-01T00:59:59.123+01:00[Europe/Berlin]'
			localDateTime  | '2026-11-30T23:59:59.123456'
			localDate      | date('2026-11-30')
			localDate      | '2026-11-30T00:00'
			localTime      | '23:59'
			localTime      | time('23:59:00')
			bool           | 1
			bool           | 'true'
			year           | '2026'
			uuid           | x'0b7a7b2e8f5c4c0e9d3a1f2e3d4c5b6a'
			yearMonth      | '2026-11'
			""")
	void rowsThatOthersWroteShouldBeRead(String property, String sql) throws Exception {
		Field field = Everything.class.getDeclaredField(property);
		String column = new Row("", "", "").with(field).column();
		ActorContext.run("others",
				() -> client.sql("INSERT OR REPLACE INTO plain (id, %s) VALUES (1, %s)".formatted(column, sql))
					.update());
		Plain read = ActorContext.call("others", () -> template.findById(1L, Plain.class));
		Object value = Plain.class.getDeclaredField(property).get(read);
		Object expected = VALUES.get(property);
		if (value instanceof ZonedDateTime zoned) {
			assertThat(zoned.toInstant()).isEqualTo(((ZonedDateTime) expected).toInstant());
		}
		else {
			assertThat(value).isEqualTo(expected);
		}
	}

	@Test
	void numberOfALocalDateShouldBeReadInTheZoneInWhichItWasWritten() {
		long noon = Timestamp.valueOf("2026-11-30 12:30:00").getTime();
		ActorContext.run("local",
				() -> client
					.sql("INSERT INTO plain (id, local_date, local_time, local_date_time) VALUES (1, :t, :t, :t)")
					.param("t", noon)
					.update());
		Plain read = ActorContext.call("local", () -> template.findById(1L, Plain.class));
		assertThat(read.localDate).isEqualTo("2026-11-30");
		assertThat(read.localTime).isEqualTo("12:30");
		assertThat(read.localDateTime).isEqualTo("2026-11-30T12:30");
	}

	@ParameterizedTest
	@CsvSource({ "instant, 'soon', is not a moment", "local_date, '12:30', has no date",
			"local_time, '2026-11-30', has no time", "bool, 'perhaps', is not a boolean",
			"local_date, '2026-02-30', is not a date" })
	void textThatIsNoValueShouldBeRefusedAndNamed(String column, String text, String message) {
		ActorContext.run("bad",
				() -> client.sql("INSERT OR REPLACE INTO plain (id, %s) VALUES (1, :text)".formatted(column))
					.param("text", text)
					.update());
		assertThatThrownBy(() -> ActorContext.call("bad", () -> template.findById(1L, Plain.class)))
			.hasStackTraceContaining(message)
			.hasStackTraceContaining(text);
	}

	@Test
	void yearThatSqliteDoesNotKnowShouldBeRefused() {
		Everything row = new Everything();
		row.localDate = LocalDate.of(10_000, 1, 1);
		assertThatThrownBy(() -> ActorContext.run("far", () -> template.insert(row)))
			.hasStackTraceContaining("The year of +10000-01-01 cannot be stored");
		row.localDate = null;
		row.instant = Instant.MAX;
		assertThatThrownBy(() -> ActorContext.run("far", () -> template.insert(row)))
			.hasStackTraceContaining("cannot be stored");
	}

	@Test
	void orderOfTheTextShouldBeTheOrderOfTheMoments() {
		List<Instant> moments = List.of(Instant.parse("2026-11-30T23:59:59Z"),
				Instant.parse("2026-11-30T23:59:59.000001Z"), Instant.parse("2026-11-30T23:59:59.1229Z"),
				Instant.parse("2026-11-30T23:59:59.123Z"), Instant.parse("2026-11-30T23:59:59.123000001Z"),
				Instant.parse("2026-12-01T00:00:00Z"));
		assertThat(moments.stream().map(DateTimeText::of)).isSorted();
		assertThat(moments.stream().map((moment) -> DateTimeText.toInstant(DateTimeText.of(moment))))
			.containsExactlyElementsOf(moments);
	}

	@Test
	void valuesShouldServeAsIds() {
		ActorContext.run("ids", () -> {
			UUID uuid = UUID.randomUUID();
			template.insert(new KeyedByUuid(uuid, "a"));
			assertThat(template.findById(uuid, KeyedByUuid.class)).isEqualTo(new KeyedByUuid(uuid, "a"));
			Instant instant = Instant.parse("2026-11-30T23:59:59.123Z");
			template
				.insertAll(List.of(new KeyedByInstant(instant, "a"), new KeyedByInstant(instant.plusNanos(1), "b")));
			assertThat(template.findById(instant, KeyedByInstant.class)).isEqualTo(new KeyedByInstant(instant, "a"));
			assertThat(template.findAllById(List.of(instant, instant.plusNanos(1)), KeyedByInstant.class)).hasSize(2);
			template.deleteById(instant, KeyedByInstant.class);
			assertThat(template.existsById(instant, KeyedByInstant.class)).isFalse();
			LocalDate date = LocalDate.parse("2026-11-30");
			template.insert(new KeyedByDate(date, "a"));
			template.update(new KeyedByDate(date, "b"));
			assertThat(template.findById(date, KeyedByDate.class)).isEqualTo(new KeyedByDate(date, "b"));
			BigDecimal decimal = new BigDecimal("1.50");
			template.insert(new KeyedByDecimal(decimal, "a"));
			assertThat(template.findById(decimal, KeyedByDecimal.class)).isEqualTo(new KeyedByDecimal(decimal, "a"));
		});
	}

	@Test
	void saveAllShouldGiveEachNewRowItsKey() {
		Authors authors = context.getBean(Authors.class);
		ActorContext.run("save", () -> {
			List<Author> saved = authors.saveAll(List.of(author("a"), author("b"), author("c")));
			assertThat(saved).extracting((author) -> author.id).containsExactly(1L, 2L, 3L);
			assertThat(authors.findAll()).extracting((author) -> author.name).containsExactly("a", "b", "c");
		});
	}

	@Test
	void pagesShouldBeSortedAndCounted() {
		Authors authors = context.getBean(Authors.class);
		ActorContext.run("pages", () -> {
			authors.saveAll(Stream.of("e", "c", "a", "d", "b").map(DataTypesTests::author).toList());
			context.getBean(TransactionTemplate.class).executeWithoutResult((status) -> {
				Page<Author> page = authors.findAll(PageRequest.of(1, 2, Sort.by("name").descending()));
				assertThat(page.getContent()).extracting((author) -> author.name).containsExactly("c", "b");
				assertThat(page.getTotalElements()).isEqualTo(5);
				assertThat(authors.findByNameGreaterThanOrderByName("b", Limit.of(1)))
					.extracting((author) -> author.name)
					.containsExactly("c");
				assertThat(authors.findByNameGreaterThan("a", PageRequest.of(0, 3, Sort.by("name"))))
					.extracting((author) -> author.name)
					.containsExactly("b", "c", "d");
				assertThat(authors.findFirstByName("a").name).isEqualTo("a");
			});
		});
	}

	@Test
	void aggregateShouldKeepItsChildren() {
		Authors authors = context.getBean(Authors.class);
		ActorContext.run("children", () -> {
			Author author = author("a");
			author.books = List.of(new Book("one", LocalDate.EPOCH), new Book("two", LocalDate.EPOCH));
			Long id = authors.save(author).id;
			Author read = context.getBean(TransactionTemplate.class).execute((status) -> authors.findFirstByName("a"));
			assertThat(read.books).isEqualTo(author.books);
			assertThat(authors.findById(id).orElseThrow().books).hasSize(2);
			read.books = List.of(new Book("three", LocalDate.EPOCH));
			authors.save(read);
			assertThat(client.sql("SELECT title FROM book").query(String.class).list()).containsExactly("three");
			authors.deleteById(id);
			assertThat(client.sql("SELECT count(*) FROM book").query(Integer.class).single()).isZero();
		});
	}

	@Test
	void staleVersionShouldBeRefused() {
		Authors authors = context.getBean(Authors.class);
		ActorContext.run("versions", () -> {
			Author author = authors.save(author("a"));
			Author stale = authors.findById(author.id).orElseThrow();
			author.name = "b";
			authors.save(author);
			assertThatExceptionOfType(OptimisticLockingFailureException.class).isThrownBy(() -> authors.save(stale));
			assertThat(authors.findById(author.id).orElseThrow().name).isEqualTo("b");
		});
	}

	private static Author author(String name) {
		Author author = new Author();
		author.name = name;
		author.books = List.of();
		return author;
	}

	/**
	 * A row of the table on the page.
	 */
	record Row(String type, String storage, String example, Field field) {

		Row(String type, String storage, String example) {
			this(type, storage, example, null);
		}

		Row of(Map<String, Field> fields) {
			assertThat(fields).containsKey(this.type);
			return with(fields.get(this.type));
		}

		Row with(Field field) {
			return new Row(this.type, this.storage, this.example, field);
		}

		String property() {
			return this.field.getName();
		}

		String column() {
			return property().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
		}

		@Override
		public String toString() {
			return this.type;
		}

	}

	/**
	 * The same in a table whose columns have no type, so that they keep what they get.
	 */
	@Table("plain")
	static class Plain {

		@Id
		Long id;

		Boolean bool;

		UUID uuid;

		Instant instant;

		Date date;

		OffsetDateTime offsetDateTime;

		ZonedDateTime zonedDateTime;

		LocalDateTime localDateTime;

		LocalDate localDate;

		LocalTime localTime;

		Year year;

		YearMonth yearMonth;

	}

	@Table("keyed")
	record KeyedByUuid(@Id UUID id, String text) {
	}

	@Table("keyed")
	record KeyedByInstant(@Id Instant id, String text) {
	}

	@Table("keyed_by_date")
	record KeyedByDate(@Id LocalDate id, String text) {
	}

	@Table("keyed_by_decimal")
	record KeyedByDecimal(@Id BigDecimal id, String text) {
	}

	@Table("author")
	static class Author {

		@Id
		Long id;

		@Version
		Integer version;

		String name;

		Instant born;

		List<Book> books;

	}

	@Table("book")
	record Book(String title, LocalDate published) {
	}

	interface Authors extends ListCrudRepository<Author, Long>, ListPagingAndSortingRepository<Author, Long> {

		List<Author> findByNameGreaterThanOrderByName(String name, Limit limit);

		Page<Author> findByNameGreaterThan(String name, Pageable page);

		@Lock(LockMode.PESSIMISTIC_WRITE)
		Author findFirstByName(String name);

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableJdbcRepositories(basePackageClasses = DataTypesTests.class, considerNestedRepositories = true)
	static class Application {

		@Bean
		ActorInitializer schema() {
			return (actorId, connection) -> {
				try (Statement statement = connection.createStatement()) {
					statement.execute("CREATE TABLE everything (id INTEGER PRIMARY KEY, " + columns() + ")");
					statement.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, bool, uuid, instant, date, "
							+ "offset_date_time, zoned_date_time, local_date_time, local_date, local_time, year, "
							+ "year_month)");
					statement.execute("CREATE TABLE keyed (id TEXT PRIMARY KEY, text TEXT)");
					statement.execute("CREATE TABLE keyed_by_date (id DATE PRIMARY KEY, text TEXT)");
					statement.execute("CREATE TABLE keyed_by_decimal (id TEXT PRIMARY KEY, text TEXT)");
					statement.execute(
							"CREATE TABLE author (id INTEGER PRIMARY KEY, version INTEGER, name TEXT, " + "born TEXT)");
					statement.execute(
							"CREATE TABLE book (author INTEGER, author_key INTEGER, title TEXT, " + "published DATE)");
				}
			};
		}

		private static String columns() {
			try {
				return table().stream()
					.map((row) -> row.column() + " " + row.storage().split(" ")[0])
					.collect(Collectors.joining(", "));
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Bean
		TransactionTemplate transactionTemplate(PlatformTransactionManager manager) {
			return new TransactionTemplate(manager);
		}

	}

}
