import type {Clock} from '../core/clock.ts';
import {RollcallError} from '../core/errors.ts';
import {acquireFileLock, findLockOwner, type LockOwner} from '../runtime/file-lock.ts';
import type {OutputPaths} from './output-paths.ts';

/** The right to write to an output. */
export interface OutputLock {
  release(): Promise<void>;
}

/** Takes the output for this process. Fails at once with `ERR_OUTPUT_LOCKED` when another one, alive, has it. */
export async function lockOutput(paths: OutputPaths, clock: Clock): Promise<OutputLock> {
  const result = await acquireFileLock(paths.lock, clock);
  if (result.acquired) return result;
  throw lockedError(paths, result.owner);
}

/** Fails likewise without taking it, so that nobody prepares for an output that is not to be had. */
export async function refuseLockedOutput(paths: OutputPaths, clock: Clock): Promise<void> {
  const owner = await findLockOwner(paths.lock, clock);
  if (owner !== undefined) throw lockedError(paths, owner);
}

/** Whether a process, alive, writes to it. */
export async function isLocked(paths: OutputPaths, clock: Clock): Promise<boolean> {
  return (await findLockOwner(paths.lock, clock)) !== undefined;
}

function lockedError({output, lock}: OutputPaths, owner: LockOwner | undefined): RollcallError {
  return new RollcallError(`the output ${output} is being written by ${nameOf(owner)}`, {
    code: 'ERR_OUTPUT_LOCKED',
    fault: 'store',
    hint: `Wait for it, or choose another --output. If no such process runs, remove ${lock}.`,
  });
}

function nameOf(owner: LockOwner | undefined): string {
  if (owner === undefined) return 'another process';
  return `process ${owner.pid} on ${owner.host} since ${owner.since}`;
}
