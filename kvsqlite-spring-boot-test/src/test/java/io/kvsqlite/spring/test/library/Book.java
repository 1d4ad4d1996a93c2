package io.kvsqlite.spring.test.library;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/**
 * A row for Spring Data JDBC.
 *
 * @param id given by the database
 * @param title its title
 */
@Table
record Book(@Id Long id, String title) {

}
