import type {JsonObject} from '../core/json.ts';
import type {GateOutcome} from '../metrics/evaluate-gates.ts';
import {formatCounted} from './format-quantity.ts';
import {toPlainLine} from './plain-text.ts';
import type {SummaryStyle} from './render-summary-text.ts';

const longestName = 60;
const marks = {passed: '✓', failed: '✗', not_evaluated: '–'} as const;
const words = {passed: 'passed', failed: 'failed', not_evaluated: 'not evaluated'} as const;

/** A line for each gate: what became of it, what was found, of how many. */
export function renderGateLines(
  outcomes: readonly GateOutcome[],
  style?: Pick<SummaryStyle, 'green' | 'yellow' | 'red'>,
): readonly string[] {
  const colours = {passed: style?.green, failed: style?.red, not_evaluated: style?.yellow};
  return outcomes.map((outcome) => {
    const {status} = outcome;
    const head = `${marks[status]} gate ${gateName(outcome, outcomes)} ${words[status]}`;
    return `${colours[status]?.(head) ?? head}: ${gateFinding(outcome)}`;
  });
}

/** The gate as it was written, and the agent where several are held against it. */
export function gateName({gate, agentName}: GateOutcome, all: readonly GateOutcome[]): string {
  const text = toPlainLine(gate.text, 2 * longestName);
  const isOneOfSeveral = all.some((other) => other.gate === gate && other.agentName !== agentName);
  return isOneOfSeveral ? `${text} (${toPlainLine(agentName ?? '', longestName)})` : text;
}

/** What was found, or why nothing was: value, interval, what was compared, of how many. */
export function gateFinding(outcome: GateOutcome): string {
  const {found, gate, on, compared, reason, done, wanted} = outcome;
  if (found === undefined) return reason ?? '';
  const {value, interval95, count, unit} = found;
  const shown = formatGateNumber(value, gate.bound);
  const interval =
    interval95 &&
    ` (95 % interval ${formatGateNumber(interval95[0], gate.bound)} to ${formatGateNumber(interval95[1], gate.bound)})`;
  const held =
    on === 'lower-bound' && compared !== undefined
      ? `, held at ${formatGateNumber(compared, gate.bound)}`
      : '';
  const missing =
    wanted > done ? `; ${formatCounted(wanted - done, 'rollout')} of ${String(wanted)} not completed` : '';
  const why = reason === undefined ? '' : `; ${reason}`;
  return `${shown}${interval ?? ''}${held}, n = ${formatCounted(count, unit)}${missing}${why}`;
}

/** For machines; null for what there is not. */
export function gatesToJson(outcomes: readonly GateOutcome[]): readonly JsonObject[] {
  return outcomes.map(({gate, agentName, status, on, found, compared, reason, done, wanted}) => ({
    gate: gate.text,
    agent: agentName ?? null,
    status,
    operator: gate.operator,
    bound: gate.bound,
    on: on === 'point' ? 'point' : 'lower_bound',
    compared: compared ?? null,
    ...valueToJson(found),
    completed: done,
    wanted,
    reason: reason ?? null,
  }));
}

function valueToJson(found: GateOutcome['found']): JsonObject {
  if (found === undefined) return {value: null, interval_95: null, n: 0, unit: null};
  return {value: found.value, interval_95: found.interval95 ?? null, n: found.count, unit: found.unit};
}

/** Six digits, or as many as tell it from the bound. */
function formatGateNumber(value: number, bound: number): string {
  const short = Number(value.toPrecision(6));
  return String(short === bound && value !== bound ? Number(value.toPrecision(12)) : short);
}
