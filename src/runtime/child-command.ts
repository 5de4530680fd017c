import {spawn} from 'node:child_process';
import {constants} from 'node:os';
import {RollcallError} from '../core/errors.ts';
import type {StopSignal} from './signals.ts';

export interface ChildCommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command that runs with our own standard streams. */
export interface ChildCommand {
  /** Its exit code; 128 and the signal's number when a signal ended it, as shells have it. */
  readonly exitCode: Promise<number>;
  /** Passes a signal on, unless it is the Ctrl-C of a terminal that both have: that has reached the command already. */
  pass(signal: StopSignal): void;
  /** Ends it whatever it does. */
  kill(): void;
}

/** Starts a command. One that cannot be started rejects `exitCode` with a `RollcallError` (`ERR_USAGE`). */
export function startCommand(command: readonly string[], {cwd, env}: ChildCommandOptions): ChildCommand {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {cwd, env, stdio: 'inherit'});
  const exitCode = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(cannotStart(program, error)));
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  return {
    exitCode,
    pass(signal) {
      if (signal !== 'SIGINT' || !hasTerminal()) child.kill(signal);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function hasTerminal(): boolean {
  const {stdin, stdout, stderr} = process;
  return [stdin, stdout, stderr].some(({isTTY}) => isTTY);
}

function cannotStart(program: string, error: NodeJS.ErrnoException): RollcallError {
  const reason = error.code === 'ENOENT' ? 'there is no such program' : (error.code ?? error.message);
  return new RollcallError(`cannot run ${JSON.stringify(program)}: ${reason}`, {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'What stands behind `--` is run as it is, without a shell: PROGRAM ARG….',
    cause: error,
  });
}
