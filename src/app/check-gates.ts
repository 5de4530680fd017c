import {closeMatch} from '../core/close-match.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import {type Gate, type Gates, misfitOf} from '../core/gate.ts';
import {basisOf, type GateOutcome} from '../metrics/evaluate-gates.ts';
import type {AgentPlan} from './plan-agents.ts';

/** What is known of the rollouts before any of them runs. */
export interface Foreseen {
  /** The agents that rollouts name. */
  readonly agentNames: readonly string[];
  /** How many rollouts of how many tasks. */
  readonly asked?: {readonly rollouts: number; readonly tasks: number} | undefined;
  /** How the agents are scored, where that is known. */
  readonly plans?: readonly AgentPlan[] | undefined;
}

/**
 * Fails with `ERR_USAGE` where a gate cannot be passed whatever is collected: nothing is spent for it then. Returns what people should
 * know of those that stay.
 */
export function checkGates({gates, on}: Gates, foreseen: Foreseen): readonly string[] {
  const problems = gates.flatMap((gate): readonly Problem[] => {
    const message = misfitOf(gate, on) ?? unknownAgent(gate, foreseen) ?? inVain(gate, foreseen);
    return message === undefined ? [] : [{message}];
  });
  if (problems.length > 0)
    throw new RollcallError('some gates cannot be passed by any rollouts', {
      code: 'ERR_USAGE',
      fault: 'usage',
      hint: 'docs/metrics.md, "Gates", has the metrics.',
      problems,
    });
  const plain = on === 'point' ? [] : gates.filter((gate) => basisOf(gate, on) === 'point');
  return plain.map(({text}) => `${text} has no interval: its value is held against the bound`);
}

/** Whether nothing stands in the way of success; so it is where there is no gate. */
export function allPassed(outcomes: readonly GateOutcome[]): boolean {
  return outcomes.every(({status}) => status === 'passed');
}

function unknownAgent({text, agentName}: Gate, {agentNames}: Foreseen): string | undefined {
  if (agentName === undefined || agentNames.includes(agentName)) return undefined;
  const nearest = closeMatch(agentName, agentNames);
  const meant = nearest === undefined ? '.' : `; did you mean ${JSON.stringify(nearest)}?`;
  const few = agentNames.slice(0, 10).map((name) => JSON.stringify(name));
  return `${text}: no row is for an agent ${JSON.stringify(agentName)}${meant} There are: ${few.join(', ')}`;
}

/** Nobody scores, or not every task has as many rollouts as are drawn of each. */
function inVain({text, agentName, metric}: Gate, {asked, plans = []}: Foreseen): string | undefined {
  const unscored = plans.find(
    (plan) => (agentName ?? plan.name) === plan.name && needsReward(metric) && givesNoReward(plan),
  );
  if (unscored !== undefined)
    return `${text}: nobody scores the rollouts of ${JSON.stringify(unscored.name)}, so none has a reward`;
  if (metric.kind !== 'pass' || agentName !== undefined || asked === undefined) return undefined;
  const {rollouts, tasks} = asked;
  if (rollouts >= metric.k * tasks) return undefined;
  const k = String(metric.k);
  return `${text} needs ${k} rollouts of each task; the input asks for ${String(rollouts)} of ${String(tasks)} tasks. --num-repeats ${k} asks for more`;
}

function needsReward(metric: Gate['metric']): boolean {
  if (metric.kind === 'statistic') return metric.column === 'reward' || metric.column === 'judge_ms';
  return metric.kind === 'pass' || metric.name === 'pass_rate' || metric.name === 'unparsed_verdicts';
}

function givesNoReward({scoring}: AgentPlan): boolean {
  return scoring?.kind === 'nobody' && scoring.reward === undefined;
}
