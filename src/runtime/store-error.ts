import {CancelledError, RollcallError} from '../core/errors.ts';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Make room and run the same command again: it goes on where it stopped.',
  EDQUOT: 'The disk quota is used up. Make room and run the same command again: it goes on where it stopped.',
  EFBIG: 'The file is as large as this file system or user allows.',
  EROFS: 'The file system is read-only. Choose another --output.',
  EACCES: 'Writing there is not allowed. Choose another --output, or change the permissions.',
  EPERM: 'Writing there is not allowed. Choose another --output, or change the permissions.',
  ENOENT: 'The folder is gone. Bring it back and run the same command again.',
  ESTALE: 'Another file stands in its place. Is a second program writing to this output?',
  ENAMETOOLONG: 'The name is longer than the file system takes. Choose a shorter --output.',
  ENOTDIR: 'A part of the path is a file, not a folder. Choose another --output.',
  EISDIR: 'That is a folder. Give the path of a file with --output.',
  EEXIST: 'A file appeared there in the meantime. Is a second program writing to this output?',
  EIO: 'The disk or the network file system failed. When it works again, run the same command again.',
  EMFILE:
    'The limit on open files is reached. Raise it (ulimit -n) or lower --concurrency, and run the same command again.',
  ENFILE: 'This machine has no more open files to give. When it has, run the same command again.',
  EPIPE: 'The program that reads the output ended first.',
};

/** What went wrong with a file of ours, as `ERR_STORE_WRITE` (or `ERR_STORE_READ`) with what to do about it. A cancellation stays one. */
export function storeError(
  path: string,
  error: unknown,
  action: 'write' | 'read' = 'write',
): RollcallError | CancelledError {
  if (error instanceof RollcallError || error instanceof CancelledError) return error;
  const {code, message} = error as Partial<NodeJS.ErrnoException>;
  return new RollcallError(`cannot ${action} ${path}: ${message ?? String(error)}`, {
    code: action === 'write' ? 'ERR_STORE_WRITE' : 'ERR_STORE_READ',
    fault: 'store',
    hint: code === undefined ? undefined : hints[code],
    cause: error,
  });
}
