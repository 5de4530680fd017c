import {readFile, readlink} from 'node:fs/promises';
import {hostname} from 'node:os';

/** Which process on which machine, told apart from a later one that got the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The kernel's name of the process-id space: containers may share a host's name and count their processes apart. */
  readonly space: string | null;
  /** The kernel's own note of when the process began; null where it cannot be had. */
  readonly start: string | null;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const {start} = await statusOf(process.pid);
  return {pid: process.pid, host: hostname(), space: await ownSpace(), start};
}

/** The id of this process. */
export function processId(): number {
  return process.pid;
}

/** Whether a process still runs; undefined for those of other machines and containers, which cannot be asked. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean | undefined> {
  if (identity.host !== hostname() || identity.space !== (await ownSpace())) return undefined;
  if (!exists(identity.pid)) return false;
  const {state, start} = await statusOf(identity.pid);
  // A zombie has ended; only its parent has not asked how.
  if (state === 'Z' || state === 'X') return false;
  return start === null || identity.start === null || start === identity.start;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process: it is there, and must not be asked.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function ownSpace(): Promise<string | null> {
  return readlink('/proc/self/ns/pid').catch(() => null);
}

/** Fields 3 and 22 of Linux's /proc/PID/stat, counted behind the name, which may hold spaces and parentheses. */
async function statusOf(
  pid: number,
): Promise<{readonly state: string | null; readonly start: string | null}> {
  try {
    const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {state: fields[0] ?? null, start: fields[19] ?? null};
  } catch {
    return {state: null, start: null};
  }
}
