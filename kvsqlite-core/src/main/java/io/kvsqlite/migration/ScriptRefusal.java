package io.kvsqlite.migration;

import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/**
 * A script with a statement that does not do on an actor what it does on a file.
 *
 * @param script the name of the script
 * @param migration what Flyway knows of it, {@code null} for a script that runs beside
 * the migrations
 * @param reason why it is refused
 */
record ScriptRefusal(String script, @Nullable MigrationInfo migration, String reason) {

}
