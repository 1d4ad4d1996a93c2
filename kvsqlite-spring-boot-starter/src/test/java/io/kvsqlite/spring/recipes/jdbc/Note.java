package io.kvsqlite.spring.recipes.jdbc;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/**
 * A note, for Spring Data JDBC.
 */
@Table("note")
public record Note(@Id Long id, String text) {
}
