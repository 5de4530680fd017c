import type {AppEnvironment} from '../app/environment.ts';
import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {stripControls} from '../runtime/logger.ts';
import {createAppEnvironment} from './app-environment.ts';
import type {Invocation} from './invocation.ts';
import type {Io} from './io.ts';
import {renderError} from './render-error.ts';

/** What a command found out. */
export interface Answer {
  /** For people, on stderr; names and paths in it may be anybody's. */
  readonly lines: readonly string[];
  /** For machines, on standard output with `--json`. */
  readonly json: unknown;
  readonly exitCode: number;
}

/**
 * Runs a command that looks at something and ends with an answer, told as `Answer` says. A refusal is told to both as well: to machines
 * with its code and what to do, behind `refused`, the command's own word for it.
 */
export async function answerCommand(
  {flags}: Invocation,
  io: Io,
  refused: JsonObject,
  ask: (environment: AppEnvironment) => Promise<Answer>,
): Promise<number> {
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: flags['verbose'] === true, writeLine});
  const {redact} = environment.redactor;
  const tell = (json: unknown): void => {
    if (flags['json'] === true) io.stdout.write(`${redact(JSON.stringify(json))}\n`);
  };
  try {
    const {lines, json, exitCode} = await ask(environment);
    for (const line of lines) writeLine(redact(toLine(line)));
    tell(json);
    return exitCode;
  } catch (error) {
    const {text, exitCode} = renderError(error, redact);
    io.stderr.write(text);
    if (error instanceof RollcallError) tell({...refused, ...refusalToJson(error, exitCode)});
    return exitCode;
  }
}

/** A line stays one, whatever the names in it: nothing in it may pass for a line of ours. */
function toLine(text: string): string {
  return stripControls(text).replaceAll('\n', ' ');
}

function refusalToJson({code, message, hint, problems}: RollcallError, exitCode: number): JsonObject {
  return {
    exit_code: exitCode,
    code,
    message,
    hint: hint ?? null,
    problems: problems.map((problem) => ({...problem})),
  };
}
