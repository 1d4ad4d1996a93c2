// node interop.mjs run <log in, or -> <log out> <script.sql>...
//
//   Opens the namespace that the log leaves (a new one for -), runs the scripts, closes, and writes
//   two logs: <log out> with the namespace afterwards, and <log out>.writes with every write that the last
//   script and the closing made, the first of them preceded by the namespace as that script found it.
//
// node interop.mjs digest <log> [--every-prefix]
//
//   Prints what the database holds, see digest.mjs; with --every-prefix once for each number of
//   writes from one to all, each a process that stopped there, separated by lines "--".

import { readFileSync } from "node:fs";
import { SqliteVfs } from "@rivetkit/sqlite-vfs";
import { digest } from "./digest.mjs";
import { readLog, writeLog } from "./kvlog.mjs";
import { Namespace } from "./namespace.mjs";

const vfs = new SqliteVfs();

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

async function run(input, output, ...scripts) {
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
  writeLog(`${output}.writes`, [before, ...namespace.writes]);
}

async function printDigest(input, option) {
  const writes = readLog(input);
  const first = option === "--every-prefix" ? 1 : writes.length;
  for (let prefix = first; prefix <= writes.length; prefix++) {
    const namespace = new Namespace();
    writes.slice(0, prefix).forEach((changes) => namespace.apply(changes));
    process.stdout.write(await use(namespace, digest));
    if (prefix < writes.length) {
      process.stdout.write("--\n");
    }
  }
}

const commands = { run, digest: printDigest };
const [command, ...rest] = process.argv.slice(2);
if (!commands[command]) {
  throw new Error(`unknown command ${command}: run or digest`);
}
await commands[command](...rest);
