package io.kvsqlite.spring.data;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.sql.JDBCType;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.GenericConverter;
import org.springframework.data.convert.ReadingConverter;
import org.springframework.data.convert.WritingConverter;
import org.springframework.data.jdbc.core.mapping.JdbcValue;
import org.springframework.util.Assert;

/**
 * What SQLite's five storage classes need to be Java's types: how each value is bound,
 * and how each of the ways in which it may be stored is read.
 */
final class SqliteConverters {

	private static final int UUID_BYTES = 16;

	private SqliteConverters() {
	}

	/**
	 * The converters; a class stands before its superclass, as the first that fits is
	 * taken.
	 */
	static List<Object> all() {
		List<Object> converters = new ArrayList<>();
		text(converters, Timestamp.class, (value) -> DateTimeText.of(value.toInstant()),
				(stored) -> Timestamp.from(DateTimeText.toInstant(stored)));
		text(converters, java.sql.Date.class, (value) -> DateTimeText.of(value.toLocalDate()),
				(stored) -> java.sql.Date.valueOf(DateTimeText.toLocalDate(stored)));
		text(converters, Time.class, (value) -> DateTimeText.of(localTime(value)),
				(stored) -> time(DateTimeText.toLocalTime(stored)));
		text(converters, Date.class, (value) -> DateTimeText.of(value.toInstant()),
				(stored) -> Date.from(DateTimeText.toInstant(stored)));
		text(converters, Instant.class, DateTimeText::of, DateTimeText::toInstant);
		text(converters, OffsetDateTime.class, (value) -> DateTimeText.of(value.toInstant()),
				(stored) -> DateTimeText.toInstant(stored).atOffset(ZoneOffset.UTC));
		text(converters, ZonedDateTime.class, (value) -> DateTimeText.of(value.toInstant()),
				(stored) -> DateTimeText.toInstant(stored).atZone(ZoneOffset.UTC));
		text(converters, LocalDateTime.class, DateTimeText::of, DateTimeText::toLocalDateTime);
		text(converters, LocalDate.class, DateTimeText::of, DateTimeText::toLocalDate);
		text(converters, LocalTime.class, DateTimeText::of, DateTimeText::toLocalTime);
		text(converters, OffsetTime.class, DateTimeText::of, DateTimeText::toOffsetTime);
		text(converters, YearMonth.class, YearMonth::toString, (stored) -> YearMonth.parse(stored.toString()));
		text(converters, MonthDay.class, MonthDay::toString, (stored) -> MonthDay.parse(stored.toString()));
		text(converters, BigInteger.class, BigInteger::toString, SqliteConverters::bigInteger);
		text(converters, UUID.class, UUID::toString, (stored) -> UUID.fromString(stored.toString()));
		converters.add(new Reading<>(byte[].class, UUID.class, SqliteConverters::uuid));
		integer(converters, Year.class, Year::getValue, (stored) -> Year.of(Integer.parseInt(stored.toString())));
		integer(converters, Boolean.class, (value) -> value ? 1 : 0, SqliteConverters::bool);
		return converters;
	}

	private static <T> void text(List<Object> converters, Class<T> type, Function<T, String> write,
			Function<Object, T> read) {
		add(converters, type, (value) -> JdbcValue.of(write.apply(value), JDBCType.VARCHAR), read);
	}

	private static <T> void integer(List<Object> converters, Class<T> type, Function<T, Integer> write,
			Function<Object, T> read) {
		add(converters, type, (value) -> JdbcValue.of(write.apply(value), JDBCType.INTEGER), read);
	}

	private static <T> void add(List<Object> converters, Class<T> type, Function<T, JdbcValue> write,
			Function<Object, T> read) {
		converters.add(new Writing<>(type, write));
		converters.add(new Reading<>(String.class, type, read::apply));
		converters.add(new Reading<>(Number.class, type, read::apply));
	}

	private static LocalTime localTime(Time time) {
		return new Timestamp(time.getTime()).toLocalDateTime().toLocalTime();
	}

	/**
	 * With the milliseconds, which {@link Time#valueOf(LocalTime)} drops.
	 */
	private static Time time(LocalTime time) {
		return new Time(Timestamp.valueOf(time.atDate(LocalDate.EPOCH)).getTime());
	}

	/**
	 * A REAL has lost what came behind 15 digits, so it is taken only where it cannot
	 * have.
	 */
	private static BigInteger bigInteger(Object stored) {
		if (stored instanceof Double real) {
			Assert.isTrue(Math.abs(real) < 1L << 53 && Math.rint(real) == real,
					() -> "%s is a REAL that has lost digits of an integer: declare the column as TEXT"
						.formatted(stored));
			return BigInteger.valueOf(real.longValue());
		}
		return new BigInteger(stored.toString().strip());
	}

	private static UUID uuid(byte[] stored) {
		Assert.isTrue(stored.length == UUID_BYTES,
				() -> "A BLOB of %d bytes is no UUID, which has 16".formatted(stored.length));
		ByteBuffer bytes = ByteBuffer.wrap(stored);
		return new UUID(bytes.getLong(), bytes.getLong());
	}

	/**
	 * As SQLite sees it, a number other than 0 is true.
	 */
	private static Boolean bool(Object stored) {
		if (stored instanceof Number number) {
			return number.doubleValue() != 0;
		}
		return switch (stored.toString().strip().toLowerCase(Locale.ROOT)) {
			case "1", "true", "on", "yes", "t", "y" -> true;
			case "0", "false", "off", "no", "f", "n" -> false;
			default ->
				throw new IllegalArgumentException("'%s' is not a boolean: 0, 1, 'true' or 'false'".formatted(stored));
		};
	}

	/**
	 * Binds values of a type.
	 *
	 * @param <S> the type
	 */
	@WritingConverter
	private record Writing<S>(Class<S> type, Function<S, JdbcValue> function) implements GenericConverter {

		@Override
		public Set<ConvertiblePair> getConvertibleTypes() {
			return Set.of(new ConvertiblePair(this.type, JdbcValue.class));
		}

		@Override
		public @Nullable Object convert(@Nullable Object source, TypeDescriptor sourceType, TypeDescriptor targetType) {
			return (source != null) ? this.function.apply(this.type.cast(source)) : null;
		}

	}

	/**
	 * Reads values of a type from one that sqlite-jdbc gives.
	 *
	 * @param <S> what it gives
	 * @param <T> the type
	 */
	@ReadingConverter
	private record Reading<S, T>(Class<S> stored, Class<T> type, Function<S, T> function) implements GenericConverter {

		@Override
		public Set<ConvertiblePair> getConvertibleTypes() {
			return Set.of(new ConvertiblePair(this.stored, this.type));
		}

		@Override
		public @Nullable Object convert(@Nullable Object source, TypeDescriptor sourceType, TypeDescriptor targetType) {
			return (source != null) ? this.function.apply(this.stored.cast(source)) : null;
		}

	}

}
