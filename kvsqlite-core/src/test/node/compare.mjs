// One side of the comparison in benchmarks: npm's @rivetkit/sqlite-vfs over a map in memory. Answers requests, one
// line each, with "ok <nanoseconds> <operations> <round trips>" or "error <message>". The fields of a request are
// separated by tabs.
//
//   exec <sql>           executes statements
//   repeat <millis> <sql> <rows>
//                        runs the statement for a time, with a text and a number up to <rows> as parameters
//   times <count> <sql>  runs the statement so many times, with a text as parameter if it has one
//   open                 closes the database, opens it again and reads a row of the table t
//   insert <rows>        inserts rows of 1,000 bytes into the table t, in one transaction
//   query <sql>          runs one query

import { createInterface } from "node:readline";
import { SqliteVfs } from "@rivetkit/sqlite-vfs";
import { Namespace } from "./namespace.mjs";

const vfs = new SqliteVfs();
const namespace = new Namespace();
const text = "0123456789".repeat(10);
let roundTrips = 0;

function counting(options) {
  const counted = { onError: options.onError };
  for (const name of ["get", "getBatch", "put", "putBatch", "deleteBatch"]) {
    counted[name] = (...arguments_) => {
      roundTrips++;
      return options[name](...arguments_);
    };
  }
  return counted;
}

const open = () => vfs.open("actor", counting(namespace.options()));
let database = await open();

const commands = {
  async exec(sql) {
    await database.exec(sql);
    return 1;
  },
  async repeat(millis, sql, rows) {
    const end = performance.now() + Number(millis);
    let operations = 0;
    do {
      await database.run(sql, [text, 1 + Math.floor(Math.random() * Number(rows))].slice(0, sql.split("?").length - 1));
      operations++;
    } while (performance.now() < end);
    return operations;
  },
  async times(count, sql) {
    for (let i = 0; i < Number(count); i++) {
      await database.run(sql, [text].slice(0, sql.split("?").length - 1));
    }
    return Number(count);
  },
  async open() {
    await database.close();
    database = await open();
    await database.query("SELECT v FROM t WHERE id = 1");
    return 1;
  },
  async insert(rows) {
    await database.exec("BEGIN");
    for (let i = 0; i < Number(rows); i++) {
      await database.run("INSERT INTO t (v) VALUES (?)", [String(i).padStart(10, "0") + text.repeat(10).slice(0, 990)]);
    }
    await database.exec("COMMIT");
    return 1;
  },
  async query(sql) {
    await database.query(sql);
    return 1;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...parameters] = line.split("\t");
  try {
    roundTrips = 0;
    namespace.forget();
    const start = process.hrtime.bigint();
    const operations = await commands[command](...parameters);
    const nanos = process.hrtime.bigint() - start;
    if (namespace.error) {
      throw namespace.error;
    }
    console.log(`ok ${nanos} ${operations} ${roundTrips}`);
  } catch (error) {
    console.log(`error ${String(error.stack ?? error).replaceAll("\n", " ")}`);
  }
}
