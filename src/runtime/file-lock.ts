import {randomUUID} from 'node:crypto';
import {rmSync, writeFileSync} from 'node:fs';
import {readFile, stat, unlink, utimes} from 'node:fs/promises';
import type {Clock} from '../core/clock.ts';
import {isRunning, ownIdentity, type ProcessIdentity} from './process-identity.ts';
import {storeError} from './store-error.ts';

/** Who holds a lock, as its file says. */
export interface LockOwner extends ProcessIdentity {
  /** When it was taken, as an ISO date. */
  readonly since: string;
}

/** A held lock, or who holds it. */
export type LockResult =
  | {readonly acquired: true; release(): Promise<void>}
  | {readonly acquired: false; readonly owner: LockOwner | undefined};

const heartbeatMs = 15_000;
// A process on another machine cannot be asked; without a sign of life for this long it is taken for dead.
const silentForMs = 8 * heartbeatMs;
// The owner is written as soon as the file is made: one that stays empty is a dead man's.
const unwrittenForMs = 10_000;

/**
 * Takes the lock file at `path`, at once or not at all. A lock whose process is dead, or that gave no sign of life
 * from another machine for two minutes, is taken over. Works on network file systems (exclusive creation, no flock).
 */
export async function acquireFileLock(path: string, clock: Clock): Promise<LockResult> {
  const token = randomUUID();
  try {
    if (await create(path, token, clock)) return held(path, token, clock);
    const found = await inspect(path, clock);
    if (!found.stale) return {acquired: false, owner: found.owner};
    const taken = await takeOver(path, token, clock);
    return taken ? held(path, token, clock) : {acquired: false, owner: (await inspect(path, clock)).owner};
  } catch (error) {
    throw storeError(path, error);
  }
}

/** Who holds the lock at `path`, for those who only want to know; undefined if it is free to take. Changes nothing. */
export async function findLockOwner(path: string, clock: Clock): Promise<LockOwner | undefined> {
  try {
    const {owner, stale} = await inspect(path, clock);
    return stale ? undefined : owner;
  } catch {
    return undefined;
  }
}

async function create(path: string, token: string, clock: Clock): Promise<boolean> {
  const owner = {...(await ownIdentity()), since: new Date(clock.now()).toISOString(), token};
  try {
    // Made and written in one go: a process that is killed in between leaves a lock that nobody can be asked about.
    writeFileSync(path, `${JSON.stringify(owner)}\n`, {flag: 'wx'});
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A full disk makes the file and takes nothing into it: nobody could be asked about that one either.
    rmSync(path, {force: true});
    throw error;
  }
}

interface Inspection {
  readonly owner: LockOwner | undefined;
  readonly stale: boolean;
}

async function inspect(path: string, clock: Clock): Promise<Inspection> {
  const stats = await stat(path).catch(undefinedIf('ENOENT'));
  // Anything but a file holds no owner; a pipe would be waited for without end.
  const text = stats?.isFile() === true ? await readFile(path, 'utf8').catch(undefinedIf('ENOENT')) : '';
  if (text === undefined || stats === undefined) return {owner: undefined, stale: true};
  const silentMs = clock.now() - stats.mtimeMs;
  const owner = parseOwner(text);
  if (owner === undefined) return {owner, stale: silentMs > unwrittenForMs};
  const running = await isRunning(owner);
  return {owner, stale: running === undefined ? silentMs > silentForMs : !running};
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string'
      ? (owner as LockOwner)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Two that find the same stale lock must not both win: a second file lets one of them look again and replace it. */
async function takeOver(path: string, token: string, clock: Clock): Promise<boolean> {
  const guard = `${path}.takeover`;
  if ((await inspect(guard, clock)).stale) await unlink(guard).catch(undefinedIf('ENOENT'));
  if (!(await create(guard, token, clock))) return false;
  try {
    if (!(await inspect(path, clock)).stale) return false;
    await unlink(path).catch(undefinedIf('ENOENT'));
    return await create(path, token, clock);
  } finally {
    await unlink(guard).catch(undefinedIf('ENOENT'));
  }
}

function held(path: string, token: string, clock: Clock): LockResult {
  let stopTimer: (() => void) | undefined;
  let released = false;
  const beat = (): void => {
    const seconds = clock.now() / 1000;
    // A missed beat harms nothing: the next one makes up for it.
    void utimes(path, seconds, seconds).catch(() => undefined);
    if (!released) stopTimer = clock.setTimer(heartbeatMs, beat);
  };
  stopTimer = clock.setTimer(heartbeatMs, beat);
  return {
    acquired: true,
    async release() {
      if (released) return;
      released = true;
      stopTimer?.();
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(token)) await unlink(path).catch(undefinedIf('ENOENT'));
    },
  };
}

function undefinedIf(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}
