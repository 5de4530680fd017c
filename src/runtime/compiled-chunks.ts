import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import module, {createRequire} from 'node:module';
import {join} from 'node:path';
import {cachedDataVersionTag} from 'node:v8';
import {Script} from 'node:vm';

/** The program's files (CommonJS without `import()`, in one folder), loaded with what V8 has compiled of them at an earlier time. */
export interface CompiledChunks {
  /** What a chunk exports. It and the chunks it requires are loaded once. */
  load(name: string): unknown;
  /** Keeps what V8 has compiled of the chunks that were loaded, the functions that were called included. */
  keep(): void;
}

// V8 reads compiled code in a tenth of the time that compiling takes. The tag is of its version, its flags and the
// processor: under any other the folder is not found, and the chunks are compiled.
const keptIn = (folder: string): string =>
  join(folder, 'compiled', `${process.arch}-${String(cachedDataVersionTag())}`);

/** Chunks of `folder`, with the compiled code that is kept there for this Node and its flags, if there is any. */
export function openCompiledChunks(folder: string): CompiledChunks {
  // Node 22 and later can keep for themselves what they have compiled.
  if (!existsSync(keptIn(folder))) (module as {enableCompileCache?: () => void}).enableCompileCache?.();
  return new Chunks(folder);
}

interface Loaded {
  readonly script: Script;
  readonly module: {exports: unknown};
}

const head = '(function(exports,require,module,__filename,__dirname){';

class Chunks implements CompiledChunks {
  readonly #folder: string;
  readonly #require: NodeJS.Require;
  readonly #loaded = new Map<string, Loaded>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#require = createRequire(join(folder, 'chunks.cjs'));
  }

  load(name: string): unknown {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known.module.exports;
    const filename = join(this.#folder, name);
    const script = new Script(`${head}${readFileSync(filename, 'utf8')}\n})`, {
      filename,
      // Positions in stacks are those of the file.
      columnOffset: -head.length,
      cachedData: this.#compiled(name),
    });
    const own: Loaded = {script, module: {exports: {}}};
    this.#loaded.set(name, own);
    const run = script.runInThisContext() as (...scope: unknown[]) => void;
    run(own.module.exports, this.#requireFrom, own.module, filename, this.#folder);
    return own.module.exports;
  }

  keep(): void {
    const folder = keptIn(this.#folder);
    rmSync(folder, {recursive: true, force: true});
    mkdirSync(folder, {recursive: true});
    for (const [name, {script}] of this.#loaded) writeFileSync(join(folder, name), script.createCachedData());
  }

  readonly #requireFrom = (id: string): unknown =>
    id.startsWith('./') ? this.load(id.slice('./'.length)) : (this.#require(id) as unknown);

  #compiled(name: string): Buffer | undefined {
    const file = join(keptIn(this.#folder), name);
    return existsSync(file) ? readFileSync(file) : undefined;
  }
}
