package io.kvsqlite.spring.data;

import java.math.BigDecimal;
import java.math.BigInteger;
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
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.UUID;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/**
 * A row with a value of each type.
 */
@Table("everything")
class Everything {

	@Id
	Long id;

	String string;

	Boolean bool;

	Byte tiny;

	Short small;

	Integer number;

	Long big;

	Float single;

	Double real;

	BigDecimal decimal;

	BigInteger integer;

	Character letter;

	DayOfWeek enumeration;

	UUID uuid;

	byte[] bytes;

	Instant instant;

	Date date;

	Timestamp timestamp;

	java.sql.Date sqlDate;

	Time sqlTime;

	OffsetDateTime offsetDateTime;

	ZonedDateTime zonedDateTime;

	LocalDateTime localDateTime;

	LocalDate localDate;

	LocalTime localTime;

	OffsetTime offsetTime;

	Year year;

	YearMonth yearMonth;

	MonthDay monthDay;

	Duration duration;

	Period period;

	ZoneId zone;

}
