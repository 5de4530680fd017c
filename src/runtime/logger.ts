import {disarmLogCommands} from '../core/log-commands.ts';
import type {Logger, Redact} from '../core/ports.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly redact: Redact;
  /** Takes one finished line, without its newline. */
  readonly writeLine: (line: string, level: LogLevel) => void;
}

const rank: Readonly<Record<LogLevel, number>> = {debug: 0, info: 1, warn: 2, error: 3};

/** A logger that takes secrets and terminal control sequences out of each message before it is written. */
export function createLogger({level, redact, writeLine}: LoggerOptions): Logger {
  const at =
    (own: LogLevel) =>
    (message: string): void => {
      if (rank[own] >= rank[level]) writeLine(stripControls(redact(message)), own);
    };
  return {debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error')};
}

/**
 * The text without escape sequences and control characters other than line breaks and tabs, and without what a CI's runner obeys in a
 * log: model text may be hostile.
 */
export function stripControls(text: string): string {
  const plain = text.replaceAll(
    /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu,
    '',
  );
  return disarmLogCommands(plain);
}
