import {type ChildProcess, spawn} from 'node:child_process';
import {mkdir, symlink} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import type {ProgramEnd} from './run-program.ts';

const programs = ['rollcall', 'ng_run', 'ng_collect_rollouts'] as const;
const folderOfPrograms = join(import.meta.dirname, '../../bin');

/** A shell in a folder where the programs are installed as npm does it. */
export interface PageShell {
  run(script: string, env?: Readonly<Record<string, string>>): Promise<ProgramEnd>;
  /** Starts servers and resolves when they say that they are ready; disposing of them sends SIGINT and waits. */
  serve(script: string, env?: Readonly<Record<string, string>>): Promise<Serving>;
}

export interface Serving extends AsyncDisposable {
  /** Sends a signal to the whole shell and resolves with how it ended. */
  stop(signal: NodeJS.Signals): Promise<ProgramEnd>;
  /** What has been written for people so far. */
  stderr(): string;
}

/** Installs the programs below `folder` and opens a shell there. */
export async function openPageShell(folder: string): Promise<PageShell> {
  const bin = join(folder, '.bin');
  await mkdir(bin, {recursive: true});
  await Promise.all(programs.map((name) => symlink(join(folderOfPrograms, `${name}.js`), join(bin, name))));
  const start = (script: string, env: Readonly<Record<string, string>> = {}): ChildProcess =>
    spawn('bash', ['-c', script], {
      cwd: folder,
      env: {PATH: `${bin}:${process.env['PATH'] ?? ''}`, CI: 'true', ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  return {
    run: (script, env) => endOf(start(script, env)).ended,
    async serve(script, env) {
      const child = start(script, env);
      const {ended, stderr} = endOf(child);
      await untilReady(child, ended);
      const stop = (signal: NodeJS.Signals): Promise<ProgramEnd> => {
        if (child.exitCode === null) process.kill(-Number(child.pid), signal);
        return ended;
      };
      return {
        stop,
        stderr,
        async [Symbol.asyncDispose]() {
          await stop('SIGINT');
        },
      };
    },
  };
}

/** Whether nobody listens on a port of this machine. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function endOf(child: ChildProcess): {
  readonly ended: Promise<ProgramEnd>;
  readonly stderr: () => string;
} {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  const stdout = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([closed, stdout]).then(([exitCode, out]) => ({
    exitCode,
    stdout: out,
    stderr: errors,
  }));
  return {ended, stderr: () => errors};
}

function untilReady(child: ChildProcess, ended: Promise<ProgramEnd>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (piece: string) => {
      if (piece.includes('Ready after')) resolve();
    });
    void ended.then(({stderr}) => reject(new Error(`it ended before it was ready:\n${stderr}`)));
  });
}
