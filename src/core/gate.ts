import {closeMatches} from './close-match.ts';

/** Below the point estimate there is only the interval around it: which of the two a gate is held against. */
export type GateBasis = 'point' | 'lower-bound';

export const gateBases: readonly GateBasis[] = ['point', 'lower-bound'];

export const gateOperators = ['>=', '<=', '==', '>', '<'] as const;
export type GateOperator = (typeof gateOperators)[number];

export const gateStatistics = ['mean', 'max', 'min', 'median', 'std', 'p50', 'p90', 'p95', 'p99'] as const;
export const gateColumns = [
  'reward',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'model_ms',
  'judge_ms',
  'cost_usd',
] as const;
export const gateFigures = [
  'pass_rate',
  'failure_rate',
  'cost_usd',
  'num_rollouts',
  'num_tasks',
  'judged_rollouts',
  'unparsed_verdicts',
] as const;

/** What a gate looks at; docs/metrics.md says how each is computed. */
export type GateMetric =
  | {
      readonly kind: 'statistic';
      readonly statistic: (typeof gateStatistics)[number];
      readonly column: (typeof gateColumns)[number];
    }
  /** Of `k` rollouts of a task, at least one passes (`any`) or each does (`all`). */
  | {readonly kind: 'pass'; readonly of: 'any' | 'all'; readonly k: number}
  | {readonly kind: 'figure'; readonly name: (typeof gateFigures)[number]};

/** A quality bar: passed where the metric's value stands to the bound as the operator says. */
export interface Gate {
  /** As it was written. */
  readonly text: string;
  /** Undefined: each agent has to pass. */
  readonly agentName: string | undefined;
  readonly metric: GateMetric;
  readonly operator: GateOperator;
  readonly bound: number;
}

/** Gates, and what of each metric they are held against. */
export interface Gates {
  readonly gates: readonly Gate[];
  readonly on: GateBasis;
}

/** Whether rollouts tell of more than themselves here, so that there is an interval around the value. */
export function hasInterval(metric: GateMetric): boolean {
  if (metric.kind === 'statistic') return metric.statistic === 'mean';
  return metric.kind === 'pass' || metric.name === 'pass_rate';
}

/** Reads `METRIC OP NUMBER` or `AGENT:METRIC OP NUMBER`; a text says what is wrong and what may have been meant. */
export function parseGate(text: string): Gate | string {
  const [, left = '', operator = '', right = ''] = /^([^<>=!]*)([<>=!]+)(.*)$/s.exec(text) ?? [];
  if (operator === '') return `${quoted(text)} compares nothing: ${form}`;
  if (!isOneOf(gateOperators, operator))
    return `${quoted(operator)} compares nothing in ${quoted(text)}; there are ${gateOperators.join(' ')}`;
  const {agentName, name} = splitAgent(left.trim());
  const metric = parseMetric(name);
  if (metric === undefined) return unknownMetric(name);
  const bound = parseBound(right.trim(), metric);
  return typeof bound === 'string' ? bound : {text: text.trim(), agentName, metric, operator, bound};
}

/** What is wrong with a gate once it is known what it is held against; undefined: nothing. */
export function misfitOf({text, operator, metric}: Gate, on: GateBasis): string | undefined {
  if (on === 'point' || operator !== '==' || !hasInterval(metric)) return undefined;
  return `${quoted(text)}: an interval equals no number; use >= or <=, or --gate-on point`;
}

const form = "a gate is METRIC OP NUMBER, such as 'mean/reward>=0.8'";

/** An agent's name may hold colons; a metric's does not. */
function splitAgent(left: string): {readonly agentName: string | undefined; readonly name: string} {
  const colon = left.lastIndexOf(':');
  if (colon < 0) return {agentName: undefined, name: left};
  return {agentName: left.slice(0, colon).trim(), name: left.slice(colon + 1).trim()};
}

function parseMetric(name: string): GateMetric | undefined {
  if (isOneOf(gateFigures, name)) return {kind: 'figure', name};
  const [, sign, k] = /^pass([@^])([1-9]\d{0,8})$/.exec(name) ?? [];
  if (k !== undefined) return {kind: 'pass', of: sign === '@' ? 'any' : 'all', k: Number(k)};
  const [statistic = '', column = '', ...more] = name.split('/');
  if (more.length > 0 || !isOneOf(gateStatistics, statistic) || !isOneOf(gateColumns, column))
    return undefined;
  return {kind: 'statistic', statistic, column};
}

function unknownMetric(name: string): string {
  const known = [
    ...gateStatistics.flatMap((statistic) => gateColumns.map((column) => `${statistic}/${column}`)),
    ...gateFigures,
    ...['pass@1', 'pass^1'],
  ];
  const [nearest] = closeMatches(name, known);
  const meant = nearest === undefined ? '.' : `; did you mean ${nearest}?`;
  const all = `STATISTIC/COLUMN (${gateStatistics.join(', ')}; ${gateColumns.join(', ')}), pass@K, pass^K, ${gateFigures.join(', ')}`;
  return name === ''
    ? `no metric is named: ${form}`
    : `there is no metric ${quoted(name)}${meant} There are: ${all}`;
}

/** A share and a reward may be told in per cent. */
function parseBound(text: string, metric: GateMetric): number | string {
  const [, digits, percent] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i.exec(text) ?? [];
  if (digits === undefined) return `${quoted(text)} is no number: ${form}`;
  if (percent === '%' && !isShare(metric) && !isReward(metric))
    return `${quoted(text)}: only shares and rewards have per cent`;
  const bound = percent === '%' ? Number(digits) / 100 : Number(digits);
  if (!Number.isFinite(bound)) return `${quoted(text)} is larger than numbers are`;
  return isShare(metric) ? withinShares(bound, text) : bound;
}

/** One below none or beyond all is a slip, and would never or always pass. */
function withinShares(bound: number, text: string): number | string {
  if (bound >= 0 && bound <= 1) return bound;
  const meant = bound > 1 && bound <= 100 && !text.endsWith('%') ? `; did you mean ${text}%?` : '';
  return `${quoted(text)} is no share, which is from 0 to 1${meant}`;
}

function isShare(metric: GateMetric): boolean {
  return metric.kind === 'pass' || (metric.kind === 'figure' && metric.name.endsWith('_rate'));
}

function isReward(metric: GateMetric): boolean {
  return metric.kind === 'statistic' && metric.column === 'reward';
}

function isOneOf<Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
