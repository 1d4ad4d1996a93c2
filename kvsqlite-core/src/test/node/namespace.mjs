/** One actor's keys and values in memory, in the shape that @rivetkit/sqlite-vfs asks for. */
export class Namespace {
  #values = new Map();

  /** The writes since the last call of forget(), each an array of [key, value]. */
  writes = [];

  /** The first error that the VFS met in a callback and could not pass on. */
  error = null;

  apply(changes) {
    for (const [key, value] of changes) {
      if (value === null) {
        this.#values.delete(name(key));
      } else {
        this.#values.set(name(key), value);
      }
    }
  }

  forget() {
    this.writes = [];
  }

  /** The whole namespace as one write. */
  contents() {
    return [...this.#values]
      .map(([key, value]) => [new Uint8Array(Buffer.from(key, "hex")), value])
      .sort(([a], [b]) => Buffer.compare(a, b));
  }

  options() {
    const write = async (changes) => {
      // The VFS hands out views of its memory: what is kept has to be copied.
      const copies = changes.map(([key, value]) => [key.slice(), value && value.slice()]);
      this.apply(copies);
      this.writes.push(copies);
    };
    const read = (key) => this.#values.get(name(key))?.slice() ?? null;
    return {
      get: async (key) => read(key),
      getBatch: async (keys) => keys.map(read),
      put: (key, value) => write([[key, value]]),
      putBatch: (entries) => write(entries),
      deleteBatch: (keys) => write(keys.map((key) => [key, null])),
      onError: (error) => {
        this.error ??= error;
      },
    };
  }
}

function name(key) {
  return Buffer.from(key).toString("hex");
}
