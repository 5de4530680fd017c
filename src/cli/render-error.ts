import {CallError, exitCodes, type Problem, RollcallError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {stripControls} from '../runtime/logger.ts';

export interface RenderedError {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * One clear message for people: what is wrong, where, what to do. A bug of ours shows its stack and asks to be reported.
 * Secrets are taken out of errors where they are made; `redact` takes out what a run learnt later.
 */
export function renderError(error: unknown, redact: Redact = (text) => text): RenderedError {
  if (error instanceof RollcallError) {
    return {text: redact(renderKnown(error)), exitCode: exitCodeOf(error)};
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text = `This is a bug in rollcall; please report it with the text below.\n${stack}\n`;
  return {text: redact(stripControls(text)), exitCode: exitCodes.bug};
}

/** The exit code that an expected failure ends the program with. */
export function exitCodeOf(error: RollcallError): number {
  if (error instanceof CallError && (error.unreachable || error.throttled)) return exitCodes.unavailable;
  if (error.fault === 'store' && !error.code.startsWith('ERR_OUTPUT_')) return exitCodes.endedEarly;
  if (error.fault === 'internal') return exitCodes.bug;
  return exitCodes.refused;
}

function renderKnown(error: RollcallError): string {
  const lines = [`Error: ${error.message}`, ...error.problems.flatMap(renderProblem)];
  if (error.hint !== undefined) lines.push(...indent(error.hint, '  → '));
  return `${stripControls(lines.join('\n'))}\n`;
}

function renderProblem(problem: Problem): readonly string[] {
  const place = placeOf(problem);
  const lines = indent(`${place === '' ? '' : `${place}: `}${problem.message}`, '  • ');
  return problem.hint === undefined ? lines : [...lines, ...indent(problem.hint, '    → ')];
}

function placeOf({file, line, column, path}: Problem): string {
  const position = [file, line, column].filter((part) => part !== undefined).join(':');
  return [position, path].filter((part) => part !== undefined && part !== '').join(': ');
}

/** The text with `mark` before its first line and blanks of the same width before the others. */
function indent(text: string, mark: string): string[] {
  return text.split('\n').map((line, index) => (index === 0 ? mark : ' '.repeat(mark.length)) + line);
}
