import {type Gate, type GateBasis, type GateOperator, type Gates, hasInterval} from '../core/gate.ts';
import {type GateValue, gateValueOf} from './gate-value.ts';
import type {AgentTable} from './metrics-fold.ts';

/** What became of a gate for one agent. */
export interface GateOutcome {
  readonly gate: Gate;
  /** Undefined where there was no agent to hold against it. */
  readonly agentName: string | undefined;
  readonly status: 'passed' | 'failed' | 'not_evaluated';
  /** What it was held against: the value, or the unfavourable end of its interval. */
  readonly on: GateBasis;
  /** Undefined where there is none; then `reason` says why. */
  readonly found: GateValue | undefined;
  /** The number that was compared with the bound. */
  readonly compared: number | undefined;
  readonly reason: string | undefined;
  /** Rollouts of the agent: completed, and wanted. */
  readonly done: number;
  readonly wanted: number;
}

/**
 * Holds every agent against every gate, or the one that the gate names. What has no value fails. `whyNot`: nothing is evaluated, with
 * that reason, since part of what is wanted had no chance yet.
 */
export function evaluateGates(
  {gates, on}: Gates,
  tables: readonly AgentTable[],
  whyNot?: string,
): readonly GateOutcome[] {
  return gates.flatMap((gate) => {
    const held = tables.filter(({agentName}) => gate.agentName === undefined || gate.agentName === agentName);
    if (held.length > 0) return held.map((table) => evaluate(gate, on, table, whyNot));
    const reason = whyNot ?? 'there is no rollout';
    const status = whyNot === undefined ? 'failed' : 'not_evaluated';
    const nothing = {found: undefined, compared: undefined, done: 0, wanted: 0};
    return [{gate, agentName: gate.agentName, status, on: basisOf(gate, on), reason, ...nothing}];
  });
}

/** Metrics without an interval are held against their value, whatever is asked for. */
export function basisOf({metric}: Gate, on: GateBasis): GateBasis {
  return hasInterval(metric) ? on : 'point';
}

function evaluate(gate: Gate, asked: GateBasis, table: AgentTable, whyNot: string | undefined): GateOutcome {
  const on = basisOf(gate, asked);
  const done = table.tasks.length;
  const wanted = Math.max(done, table.expectedTasks.length);
  const about = {gate, agentName: table.agentName, on, done, wanted};
  const none = {...about, found: undefined, compared: undefined};
  if (whyNot !== undefined) return {...none, status: 'not_evaluated', reason: whyNot};
  const found = gateValueOf(gate.metric, table);
  if (typeof found === 'string') return {...none, status: 'failed', reason: found};
  const compared = on === 'point' ? found.value : unfavourableEnd(found, gate.operator);
  if (compared === undefined) {
    const reason = 'an interval needs two tasks at least';
    return {...about, found, compared, status: 'failed', reason};
  }
  const status = holds(compared, gate.operator, gate.bound) ? 'passed' : 'failed';
  return {...about, found, compared, status, reason: undefined};
}

/** The end that the truth may well be at and that is harder to pass with: the upper one where little is wanted. */
function unfavourableEnd({interval95}: GateValue, operator: GateOperator): number | undefined {
  return operator.startsWith('<') ? interval95?.[1] : interval95?.[0];
}

// So many digits are alike: 0.7999999999999999 is what adding makes of 0.8.
const digits = 12;

function holds(value: number, operator: GateOperator, bound: number): boolean {
  const [left, right] = [value, bound].map((number) => Number(number.toPrecision(digits))) as [
    number,
    number,
  ];
  switch (operator) {
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
    case '==':
      return left === right;
    case '>':
      return left > right;
    case '<':
      return left < right;
  }
}
