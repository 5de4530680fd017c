import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A file system of its own, in memory, that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
  /** Leaves so many bytes free; for 4 KiB at a time. */
  fillUpTo(freeBytes: number): Promise<void>;
  makeRoom(): void;
  resize(bytes: number): void;
}

/** Whether this user may mount one: that needs root and a system that allows it. */
export const canMount: boolean = tryToMount();

/** Mounts one at `path`, which must not be there yet. */
export async function mountSmallDisk(path: string, bytes: number): Promise<SmallDisk> {
  await mkdir(path);
  mount(path, bytes);
  const ballast = join(path, 'ballast');
  return {
    path,
    file: (name) => join(path, name),
    fillUpTo: (freeBytes) => writeFile(ballast, Buffer.alloc(bytes - freeBytes)),
    makeRoom: () => rmSync(ballast),
    resize: (larger) => execFileSync('mount', ['-o', `remount,size=${String(larger)}`, path]),
    [Symbol.asyncDispose]: () => {
      execFileSync('umount', ['-l', path]);
      return Promise.resolve();
    },
  };
}

function mount(path: string, bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(bytes)}`, 'tmpfs', path], {stdio: 'ignore'});
}

function tryToMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'rollcall-mount-'));
  try {
    mount(path, 65_536);
    execFileSync('umount', [path], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, {recursive: true, force: true});
  }
}
