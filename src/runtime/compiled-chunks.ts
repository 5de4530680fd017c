import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import module, {createRequire} from 'node:module';
import {join} from 'node:path';
import {cachedDataVersionTag} from 'node:v8';
import {Script} from 'node:vm';

/** The program's files: CommonJS without `import()`, in one folder. */
export interface Chunks {
  /** What a chunk exports. It and the chunks it requires are loaded once. */
  load(name: string): unknown;
}

/** Chunks whose compiled code can be kept for later starts. */
export interface CompiledChunks extends Chunks {
  /** Keeps what V8 has compiled of the chunks that were loaded, the functions that were called included. */
  keep(): void;
}

/** The chunks of `folder`, run from the compiled code that is kept there for this Node and its flags, if there is any. */
export function openChunks(folder: string): Chunks {
  const kept = keptIn(folder);
  if (existsSync(kept)) return new ScriptChunks(folder, kept);
  // Node 22 and later can keep for themselves what they compile.
  (module as {enableCompileCache?: () => void}).enableCompileCache?.();
  const requireChunk = createRequire(join(folder, 'chunks.cjs'));
  return {load: (name) => requireChunk(`./${name}`) as unknown};
}

/** The same, to be compiled anew and kept. */
export function compileChunks(folder: string): CompiledChunks {
  const kept = keptIn(folder);
  rmSync(kept, {recursive: true, force: true});
  return new ScriptChunks(folder, kept);
}

// V8 reads compiled code in a tenth of the time that compiling takes. The tag is of its version, its flags and the
// processor: any other finds nothing here.
function keptIn(folder: string): string {
  return join(folder, 'compiled', `${process.arch}-${String(cachedDataVersionTag())}`);
}

interface Loaded {
  readonly script: Script;
  readonly module: {exports: unknown};
}

const head = '(function(exports,require,module,__filename,__dirname){';

class ScriptChunks implements CompiledChunks {
  readonly #folder: string;
  readonly #kept: string;
  readonly #require: NodeJS.Require;
  readonly #loaded = new Map<string, Loaded>();

  constructor(folder: string, kept: string) {
    this.#folder = folder;
    this.#kept = kept;
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
    mkdirSync(this.#kept, {recursive: true});
    for (const [name, {script}] of this.#loaded)
      writeFileSync(join(this.#kept, name), script.createCachedData());
  }

  readonly #requireFrom = (id: string): unknown =>
    id.startsWith('./') ? this.load(id.slice('./'.length)) : (this.#require(id) as unknown);

  #compiled(name: string): Buffer | undefined {
    const file = join(this.#kept, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  }
}
