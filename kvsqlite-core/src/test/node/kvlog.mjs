// A key-value log: the writes that made a namespace what it is, in order.
//
//   log     = write*
//   write   = u32 number of changes, change*          applied together or not at all
//   change  = u32 length, key, u32 length, value      a put
//           | u32 length, key, u32 0xffffffff         a deletion
//
// All numbers are big-endian. A log with one write is the dump of a namespace; the first n
// writes of a longer one are what a process leaves behind that stopped after n.

import { readFileSync, writeFileSync } from "node:fs";

const DELETED = 0xffffffff;

/** Reads a log: an array of writes, each an array of [key, value], value null for a deletion. */
export function readLog(path) {
  const bytes = readFileSync(path);
  const writes = [];
  let at = 0;
  const u32 = () => {
    const value = bytes.readUInt32BE(at);
    at += 4;
    return value;
  };
  const take = (length) => {
    if (at + length > bytes.length) {
      throw new Error(`${path} ends in the middle of a change`);
    }
    at += length;
    return new Uint8Array(bytes.subarray(at - length, at));
  };
  while (at < bytes.length) {
    const changes = [];
    for (let left = u32(); left > 0; left--) {
      const key = take(u32());
      const length = u32();
      changes.push([key, length === DELETED ? null : take(length)]);
    }
    writes.push(changes);
  }
  return writes;
}

/** Writes a log. */
export function writeLog(path, writes) {
  const parts = [];
  const u32 = (value) => {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value);
    parts.push(part);
  };
  for (const changes of writes) {
    u32(changes.length);
    for (const [key, value] of changes) {
      u32(key.length);
      parts.push(key);
      u32(value === null ? DELETED : value.length);
      if (value !== null) {
        parts.push(value);
      }
    }
  }
  writeFileSync(path, Buffer.concat(parts));
}
