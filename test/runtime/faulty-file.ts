import {type FileHandle, open} from 'node:fs/promises';
import type {AppendableFile} from '../../src/runtime/write-targets.ts';

/** An error as the operating system gives it. */
export function systemError(code: string, call: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: it went wrong, ${call}`), {code, errno: -1, syscall: call});
}

/** What an open file does in the place of the real thing; each may call it. */
export type Faults = Partial<{
  readonly [Name in keyof AppendableFile]: (
    file: FileHandle,
    ...args: Parameters<AppendableFile[Name]>
  ) => ReturnType<AppendableFile[Name]>;
}>;

/** A way to open files of which some operations fail. */
export function faultyFiles(faultsOf: (path: string) => Faults): (path: string) => Promise<AppendableFile> {
  return async (path) => {
    const file = await open(path, 'a');
    const faults = faultsOf(path);
    return {
      stat: () => faults.stat?.(file) ?? file.stat(),
      appendFile: (bytes) => faults.appendFile?.(file, bytes) ?? file.appendFile(bytes),
      datasync: () => faults.datasync?.(file) ?? file.datasync(),
      truncate: (length) => faults.truncate?.(file, length) ?? file.truncate(length),
      close: () => faults.close?.(file) ?? file.close(),
    };
  };
}
