// Answers requests, one line each, with "ok" or "error <message>". The fields of a request are separated by
// tabs and are paths, "-" standing for none.
//
//   run <log in> <log out> <writes out> <script>...
//
//     Opens the namespace that the log leaves, a new one for "-", runs the SQL scripts and closes. Writes the
//     namespace as it is then, and a log of the last script: the namespace as that script found it, then
//     every write that the script and the close made.
//
//   digest <log in> <text out> all
//   digest <log in> <text out> prefixes
//
//     Writes what the database holds, see digest.mjs; for prefixes once for each number of writes from
//     one to all, each of them a process that stopped there, separated by lines "--".

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { SqliteVfs } from "@rivetkit/sqlite-vfs";
import { digest } from "./digest.mjs";
import { readLog, writeLog } from "./kvlog.mjs";
import { Namespace } from "./namespace.mjs";

let vfs = new SqliteVfs();

async function use(namespace, work) {
  const database = await vfs.open("actor", namespace.options());
  try {
    return await work(database);
  } catch (error) {
    throw namespace.error ?? error;
  } finally {
    await database.close();
  }
}

async function run(input, output, writes, ...scripts) {
  const namespace = new Namespace();
  if (input !== "-") {
    readLog(input).forEach((changes) => namespace.apply(changes));
  }
  let before;
  await use(namespace, async (database) => {
    for (const script of scripts) {
      before = namespace.contents();
      namespace.forget();
      await database.exec(readFileSync(script, "utf8"));
    }
  });
  writeLog(output, [namespace.contents()]);
  writeLog(writes, [before, ...namespace.writes]);
}

async function writeDigest(input, output, which) {
  const writes = readLog(input);
  const digests = [];
  for (let prefix = which === "prefixes" ? 1 : writes.length; prefix <= writes.length; prefix++) {
    const namespace = new Namespace();
    writes.slice(0, prefix).forEach((changes) => namespace.apply(changes));
    digests.push(await use(namespace, digest));
  }
  writeFileSync(output, digests.join("--\n"));
}

const commands = { run, digest: writeDigest };

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...paths] = line.split("\t");
  try {
    await commands[command](...paths);
    console.log("ok");
  } catch (error) {
    vfs = new SqliteVfs();
    console.log(`error ${String(error.stack ?? error).replaceAll("\n", " ")}`);
  }
}
