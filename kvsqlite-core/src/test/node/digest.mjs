import { createHash } from "node:crypto";

/**
 * What a database holds, as a few lines that another reader can make and compare: its schema, and for
 * every b-tree table the number of its rows and a SHA-256 over their quoted values. Virtual tables
 * are covered by their shadow tables, so that their module is not needed.
 */
export async function digest(database) {
  const lines = [];
  const column = async (sql) => (await database.query(sql)).rows.map(([value]) => value);
  lines.push(`integrity ${(await column("PRAGMA integrity_check")).join("; ")}`);
  for (const pragma of ["page_size", "encoding", "user_version"]) {
    lines.push(`${pragma} ${await column(`PRAGMA ${pragma}`)}`);
  }
  for (const object of await column(
    "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name",
  )) {
    lines.push(object);
  }
  for (const table of await column(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
  )) {
    const columns = await column(
      `SELECT group_concat('quote("' || name || '")', ' || '','' || ' ORDER BY cid) FROM pragma_table_info('${table}')`,
    );
    const hash = createHash("sha256");
    let rows = 0;
    await database.exec(`SELECT ${columns} FROM "${table}" NOT INDEXED`, ([row]) => {
      hash.update(row).update("\n");
      rows++;
    });
    lines.push(`rows ${table} ${rows} ${hash.digest("hex")}`);
  }
  return lines.join("\n") + "\n";
}
