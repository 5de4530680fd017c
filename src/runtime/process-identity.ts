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
  return {pid: process.pid, host: hostname(), space: await ownSpace(), start: await startOf(process.pid)};
}

/** Whether a process still runs; undefined for those of other machines and containers, which cannot be asked. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean | undefined> {
  if (identity.host !== hostname() || identity.space !== (await ownSpace())) return undefined;
  if (!exists(identity.pid)) return false;
  const start = await startOf(identity.pid);
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

/** Field 22 of Linux's /proc/PID/stat, counted behind the name, which may hold spaces and parentheses. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
