import type {AppEnvironment} from '../app/environment.ts';
import {createRedactor} from '../core/redact.ts';
import {createAwakeClock} from '../runtime/awake-clock.ts';
import {systemClock} from '../runtime/clock.ts';
import {createLogger, type LogLevel} from '../runtime/logger.ts';
import {systemRandom} from '../runtime/random.ts';
import type {Io} from './io.ts';

export interface EnvironmentOptions {
  readonly verbose: boolean;
  /** Takes a finished line for people. */
  readonly writeLine: (line: string) => void;
}

const prefixes: Readonly<Record<LogLevel, string>> = {
  debug: '',
  info: '',
  warn: 'Warning: ',
  error: 'Error: ',
};

/** The app's view of this process: real time, real chance, a logger that writes lines on stderr. */
export function createAppEnvironment(io: Io, {verbose, writeLine}: EnvironmentOptions): AppEnvironment {
  const redactor = createRedactor();
  const logger = createLogger({
    level: verbose ? 'debug' : 'info',
    redact: redactor.redact,
    writeLine: (line, level) => writeLine(`${prefixes[level]}${line}`),
  });
  const {cwd, env, stdin, stdout} = io;
  const clocks = {clock: systemClock, awake: createAwakeClock(systemClock)};
  return {cwd, env, stdin, stdout, ...clocks, random: systemRandom, logger, redactor};
}
