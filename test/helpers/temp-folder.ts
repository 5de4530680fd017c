import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** The absolute path of a file in it. */
  at(...names: string[]): string;
}

/** An empty folder that is gone when it goes out of scope. */
export async function tempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'rollcall-test-'));
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.asyncDispose]: () => rm(path, {recursive: true, force: true}),
  };
}
