import type {GateOutcome} from '../metrics/evaluate-gates.ts';
import type {AgentTable} from '../metrics/metrics-fold.ts';
import type {FailedRollout} from '../metrics/run-summary.ts';
import {type TaskStanding, taskStandings} from '../metrics/task-standings.ts';
import {formatCounted} from './format-quantity.ts';
import {gateFinding, gateName} from './gate-texts.ts';
import {toXmlLine} from './xml-text.ts';

export interface JunitReport {
  /** The command, as the first test case is called. */
  readonly command: string;
  /** Why it did not get to its end; undefined when it did. */
  readonly cutShort: string | undefined;
  readonly gates: readonly GateOutcome[];
  readonly tables: readonly AgentTable[];
  /** Those of this run whose failures are known. */
  readonly failed: readonly FailedRollout[];
  /** Not all is done and that is success all the same: a failed rollout turns nothing red. */
  readonly allowsFailures: boolean;
}

// With the longest names and messages, and all of it escaped, some ten megabytes.
const mostWhole = 8000;
const mostBroken = 1000;
const mostListed = 3;
const longestText = 300;

/**
 * The report as JUnit XML: a suite for the command itself, one for the gates, one for each agent with a test case a task. A failed gate is
 * a failure, what is no word on quality an error; a low reward is neither. Beyond some thousand tasks the others are one case.
 */
export function renderJunit(report: JunitReport): string {
  const suites = [commandSuite(report), ...gateSuites(report), ...report.tables.map(agentSuite(report))];
  const body = suites.map(({name, cases}) => {
    const lines = cases.map(({text}) => text).join('');
    return `  <testsuite name="${name}" ${countsOf(cases)}>\n${lines}  </testsuite>\n`;
  });
  const all = suites.flatMap(({cases}) => cases);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="rollcall" ${countsOf(all)}>\n${body.join('')}</testsuites>\n`;
}

interface Suite {
  /** Escaped. */
  readonly name: string;
  readonly cases: readonly Case[];
}

type Fault = 'failure' | 'error' | 'skipped';

interface Case {
  readonly text: string;
  readonly fault: Fault | undefined;
  readonly seconds: number;
}

function countsOf(cases: readonly Case[]): string {
  const count = (fault: Fault): string => String(cases.filter((each) => each.fault === fault).length);
  const time = cases.reduce((sum, {seconds}) => sum + seconds, 0).toFixed(3);
  return `tests="${String(cases.length)}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${time}"`;
}

interface CaseOptions {
  readonly className: string;
  readonly name: string;
  readonly seconds?: number | undefined;
  readonly fault?:
    | {
        readonly kind: Fault;
        readonly type: string;
        readonly message: string;
        readonly lines?: readonly string[];
      }
    | undefined;
  readonly output?: string | undefined;
}

function caseOf({className, name, seconds = 0, fault, output}: CaseOptions): Case {
  const line = (text: string): string => toXmlLine(text, longestText);
  const head = `    <testcase classname="${line(className)}" name="${line(name)}" time="${seconds.toFixed(3)}">`;
  const inside: string[] = [];
  if (fault?.kind === 'skipped') inside.push(`<skipped message="${line(fault.message)}"/>`);
  else if (fault !== undefined) {
    const {kind, type, message, lines = []} = fault;
    const text = lines.map(line).join('\n');
    inside.push(`<${kind} type="${line(type)}" message="${line(message)}">${text}</${kind}>`);
  }
  if (output !== undefined) inside.push(`<system-out>${line(output)}</system-out>`);
  return {text: `${head}${inside.join('')}</testcase>\n`, fault: fault?.kind, seconds};
}

/** Its one case keeps the file from being empty, which some take for a broken report. */
function commandSuite({command, cutShort}: JunitReport): Suite {
  const fault =
    cutShort === undefined ? undefined : ({kind: 'error', type: 'ended_early', message: cutShort} as const);
  return {name: 'rollcall', cases: [caseOf({className: 'rollcall', name: command, fault})]};
}

function gateSuites({gates}: JunitReport): readonly Suite[] {
  if (gates.length === 0) return [];
  const cases = gates.map((outcome) => {
    const finding = gateFinding(outcome);
    const {status} = outcome;
    const kind = status === 'failed' ? 'failure' : 'error';
    const fault =
      status === 'passed' ? undefined : ({kind, type: `gate_${status}`, message: finding} as const);
    const output = status === 'passed' ? finding : undefined;
    return caseOf({className: 'rollcall.gates', name: gateName(outcome, gates), fault, output});
  });
  return [{name: 'rollcall gates', cases}];
}

function agentSuite(report: JunitReport): (table: AgentTable) => Suite {
  return (table) => {
    const className = table.agentName === '' ? 'agent' : table.agentName;
    const failures = failuresByTask(report.failed, table.agentName);
    const cases: Case[] = [];
    const left = {whole: 0, broken: 0};
    const listed = {whole: 0, broken: 0};
    for (const task of taskStandings(table)) {
      const kind = task.done < task.wanted ? 'broken' : 'whole';
      if (listed[kind] >= (kind === 'whole' ? mostWhole : mostBroken)) {
        left[kind]++;
        continue;
      }
      listed[kind]++;
      cases.push(taskCase(task, {className, failures: failures.get(task.taskIndex) ?? [], report}));
    }
    cases.push(...unlistedCases(left, className, report));
    return {name: `rollcall rollouts of ${toXmlLine(className, longestText)}`, cases};
  };
}

function failuresByTask(
  failed: readonly FailedRollout[],
  agentName: string,
): ReadonlyMap<number, readonly FailedRollout[]> {
  const byTask = new Map<number, FailedRollout[]>();
  for (const rollout of failed) {
    if (rollout.agentName !== agentName) continue;
    const {taskIndex} = rollout.id;
    byTask.set(taskIndex, [...(byTask.get(taskIndex) ?? []), rollout]);
  }
  return byTask;
}

interface TaskContext {
  readonly className: string;
  readonly failures: readonly FailedRollout[];
  readonly report: JunitReport;
}

function taskCase(task: TaskStanding, {className, failures, report}: TaskContext): Case {
  const {taskIndex, rewards, modelMs, done, wanted} = task;
  return caseOf({
    className,
    name: `task ${String(taskIndex)}`,
    seconds: (modelMs ?? 0) / 1000,
    fault: done < wanted ? taskFault(task, failures, report) : undefined,
    output: rewards.length === 0 ? undefined : `reward ${rewards.slice(0, 20).map(shortNumber).join(', ')}`,
  });
}

function taskFault(
  {done, wanted}: TaskStanding,
  failures: readonly FailedRollout[],
  {allowsFailures, cutShort}: JunitReport,
): CaseOptions['fault'] {
  const missing = `${formatCounted(wanted - done, 'rollout')} of ${String(wanted)} not completed`;
  const [first] = failures;
  const message = first === undefined ? missing : `${missing}: ${first.code}: ${first.message}`;
  // What had no chance is no failure of the task; the command's own case is red.
  const isSkipped = allowsFailures || (first === undefined && cutShort !== undefined);
  if (isSkipped) return {kind: 'skipped', type: 'not_completed', message};
  const lines = failures
    .slice(0, mostListed)
    .map(({id, code, message: text}) => `rollout ${String(id.rolloutIndex)}: ${code}: ${text}`);
  return {kind: 'error', type: first?.code ?? 'not_completed', message, lines};
}

function unlistedCases(
  {whole, broken}: {readonly whole: number; readonly broken: number},
  className: string,
  {allowsFailures, cutShort}: JunitReport,
): readonly Case[] {
  const message = `${formatCounted(broken, 'task')} more whose rollouts are not all completed`;
  const kind = allowsFailures || cutShort !== undefined ? 'skipped' : 'error';
  const fault = {kind, type: 'not_completed', message} as const;
  return [
    ...(whole === 0 ? [] : [caseOf({className, name: `${formatCounted(whole, 'other task')}, completed`})]),
    ...(broken === 0
      ? []
      : [caseOf({className, name: `${formatCounted(broken, 'other task')}, not completed`, fault})]),
  ];
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
