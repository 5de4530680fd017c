import {type ChildProcess, spawn} from 'node:child_process';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';

export interface ProgramRun {
  readonly child: ChildProcess;
  /** Resolves when the program has ended and its streams are read. */
  readonly ended: Promise<ProgramEnd>;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** The built program's file. */
export const programPath: string = join(import.meta.dirname, '../../bin/rollcall.js');

/** Starts the built program as a user's shell would, with an environment of its own. */
export function startProgram(
  args: readonly string[],
  {cwd, env = {}, stdin = ''}: ProgramOptions,
): ProgramRun {
  const child = spawn(process.execPath, [programPath, ...args], {
    cwd,
    env: {PATH: process.env['PATH'] ?? '', CI: 'true', ...env},
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(stdin);
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ended = Promise.all([exited, text(child.stdout), text(child.stderr)]).then(
    ([exitCode, stdout, stderr]) => ({
      exitCode,
      stdout,
      stderr,
    }),
  );
  return {child, ended};
}

/** Runs a line of shell in which `rollcall` is the built program, as it is printed on a page. */
export async function runShell(
  line: string,
  {cwd, env = {}}: Omit<ProgramOptions, 'stdin'>,
): Promise<ProgramEnd> {
  const script = `rollcall() { "${process.execPath}" "${programPath}" "$@"; }\n${line}`;
  const child = spawn('bash', ['-c', script], {
    cwd,
    env: {PATH: process.env['PATH'] ?? '', CI: 'true', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [exitCode, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return {exitCode, stdout, stderr};
}

/** Runs the program to its end. */
export function runProgram(args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  return startProgram(args, options).ended;
}
