package io.kvsqlite.spring.data;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Dates and times as SQLite's own functions know them: text, with a space between date
 * and time. Moments are in UTC and carry no zone. A second has three digits, and six or
 * nine where it needs them, so that the order of the text is the order of the values. The
 * years are 0 to 9999, as SQLite's are.
 *
 * <p>
 * What is read may be any form that SQLite takes, or that sqlite-jdbc writes: a number is
 * milliseconds since 1970 when it is an integer, and a Julian day otherwise; text may
 * have a {@code T} in the middle, no seconds, an offset or {@code Z}, and a zone's name
 * in brackets behind.
 */
final class DateTimeText {

	private static final Pattern FORM = Pattern
		.compile("(?<date>\\d{4}-\\d\\d-\\d\\d)?(?:[ T]|^|$)(?<time>\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?)?"
				+ " ?(?<offset>Z|z|[+-]\\d\\d:\\d\\d(?::\\d\\d)?)?(?:\\[[\\w/+:-]+\\])?");

	private static final double JULIAN_DAY_OF_1970 = 2440587.5;

	private static final long MILLISECONDS_A_DAY = 86_400_000;

	private DateTimeText() {
	}

	static String of(Instant instant) {
		long second = instant.getEpochSecond();
		Assert.isTrue(second >= LocalDate.of(0, 1, 1).toEpochDay() * 86_400
				&& second < LocalDate.of(10_000, 1, 1).toEpochDay() * 86_400, () -> tooFar(instant));
		return of(LocalDateTime.ofInstant(instant, ZoneOffset.UTC));
	}

	static String of(LocalDateTime dateTime) {
		return of(dateTime.toLocalDate()) + " " + of(dateTime.toLocalTime());
	}

	static String of(LocalDate date) {
		Assert.isTrue(date.getYear() >= 0 && date.getYear() <= 9999, () -> tooFar(date));
		return date.toString();
	}

	private static String tooFar(Object value) {
		return "The year of %s cannot be stored: SQLite's dates are of the years 0 to 9999".formatted(value);
	}

	static String of(LocalTime time) {
		String second = time.truncatedTo(ChronoUnit.SECONDS).toString();
		int nano = time.getNano();
		StringBuilder text = new StringBuilder(18).append(second);
		if (time.getSecond() == 0) {
			text.append(":00");
		}
		text.append('.');
		if (nano % 1_000_000 == 0) {
			return text.append("%03d".formatted(nano / 1_000_000)).toString();
		}
		return text.append((nano % 1_000 == 0) ? "%06d".formatted(nano / 1_000) : "%09d".formatted(nano)).toString();
	}

	static String of(OffsetTime time) {
		String offset = time.getOffset().getId();
		return of(time.toLocalTime()) + (offset.equals("Z") ? "+00:00" : offset);
	}

	/**
	 * A date alone is its first moment; without an offset, text is in UTC.
	 */
	static Instant toInstant(Object stored) {
		if (stored instanceof Number number) {
			return Instant.ofEpochMilli(milliseconds(number));
		}
		Parts parts = parts(stored, "a moment", "2026-11-30 23:59:59.123");
		ZoneOffset offset = (parts.offset() != null) ? parts.offset() : ZoneOffset.UTC;
		return LocalDateTime.of(parts.requiredDate(), parts.timeOrMidnight()).toInstant(offset);
	}

	/**
	 * A number is a moment, and sqlite-jdbc means the time of the JVM's zone. An offset
	 * in text does not count: the local time is what stands before it.
	 */
	static LocalDateTime toLocalDateTime(Object stored) {
		if (stored instanceof Number number) {
			return LocalDateTime.ofInstant(Instant.ofEpochMilli(milliseconds(number)), ZoneId.systemDefault());
		}
		Parts parts = parts(stored, "a date and time", "2026-11-30 23:59:59.123");
		return LocalDateTime.of(parts.requiredDate(), parts.timeOrMidnight());
	}

	static LocalDate toLocalDate(Object stored) {
		return (stored instanceof Number) ? toLocalDateTime(stored).toLocalDate()
				: parts(stored, "a date", "2026-11-30").requiredDate();
	}

	static LocalTime toLocalTime(Object stored) {
		return (stored instanceof Number) ? toLocalDateTime(stored).toLocalTime()
				: parts(stored, "a time", "23:59:59.123").requiredTime();
	}

	/**
	 * Without an offset it is UTC.
	 */
	static OffsetTime toOffsetTime(Object stored) {
		Parts parts = parts(stored, "a time with an offset", "23:59:59.123+01:00");
		return OffsetTime.of(parts.requiredTime(), (parts.offset() != null) ? parts.offset() : ZoneOffset.UTC);
	}

	private static long milliseconds(Number stored) {
		if (stored instanceof Double || stored instanceof Float) {
			double milliseconds = (stored.doubleValue() - JULIAN_DAY_OF_1970) * MILLISECONDS_A_DAY;
			Assert.isTrue(Math.abs(milliseconds) < Instant.MAX.getEpochSecond(),
					() -> "%s is no Julian day".formatted(stored));
			return Math.round(milliseconds);
		}
		return stored.longValue();
	}

	private static Parts parts(Object stored, String kind, String example) {
		String text = stored.toString().strip();
		Matcher form = FORM.matcher(text);
		Assert.isTrue(form.matches(), () -> "'%s' is not %s, such as '%s'".formatted(text, kind, example));
		String date = form.group("date");
		String time = form.group("time");
		String offset = form.group("offset");
		try {
			Parts parts = new Parts(text, (date != null) ? LocalDate.parse(date) : null,
					(time != null) ? LocalTime.parse(time) : null,
					(offset != null) ? ZoneOffset.of(offset.toUpperCase(Locale.ROOT)) : null);
			return parts;
		}
		catch (DateTimeException ex) {
			throw new IllegalArgumentException("'%s' is not %s, such as '%s'".formatted(text, kind, example), ex);
		}
	}

	/**
	 * What stands in a text.
	 */
	private record Parts(String text, @Nullable LocalDate date, @Nullable LocalTime time, @Nullable ZoneOffset offset) {

		LocalDate requiredDate() {
			Assert.isTrue(this.date != null, () -> "'%s' has no date, such as '2026-11-30'".formatted(this.text));
			return this.date;
		}

		LocalTime requiredTime() {
			Assert.isTrue(this.time != null, () -> "'%s' has no time, such as '23:59:59.123'".formatted(this.text));
			return this.time;
		}

		LocalTime timeOrMidnight() {
			return (this.time != null) ? this.time : LocalTime.MIDNIGHT;
		}

	}

}
