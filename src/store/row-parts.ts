import {joinMembers, splitMembers} from '../core/raw-json.ts';
import type {Rollout} from '../core/rollout.ts';

/** A materialised row around the place where its results go. */
export interface RowParts {
  /** `{`, then the row's own members as they are written, each with a comma behind it. */
  readonly head: string;
  /** The members of its identity as they are written: `agent_ref` and the two indices. */
  readonly identity: string;
  /** Whether the head has a member. */
  readonly has: (key: string) => boolean;
}

const identityKeys: readonly string[] = ['agent_ref', '_ng_task_index', '_ng_rollout_index'];
// Our own materialised rows hold none of these; a file of NeMo Gym's, or one that was edited, may.
const keptOut: readonly string[] = [
  'response',
  'reward',
  'judge_evaluations',
  'verification_skipped',
  '_ng_attempt_index',
  '_rollcall',
  '_ng_failure_class',
  '_ng_failure_terminal',
  '_ng_failure',
];

/** Takes a row apart, without what only a record has. */
export function partsOfRow(rollout: Rollout): RowParts {
  return partsOfOwnRow(rollout) ?? partsOfMembers(splitMembers(rollout.text));
}

/** Rows that we have materialised end with their identity: they need not be read, only cut. */
function partsOfOwnRow({text, row, id, agentName}: Rollout): RowParts | undefined {
  const {taskIndex, rolloutIndex} = id;
  const identity = `"agent_ref":{"name":${JSON.stringify(agentName)}},"_ng_task_index":${taskIndex},"_ng_rollout_index":${rolloutIndex}`;
  if (!text.endsWith(`,${identity}}`) || keptOut.some((key) => Object.hasOwn(row, key))) return undefined;
  const head = text.slice(0, text.length - identity.length - 1);
  return {head, identity, has: (key) => Object.hasOwn(row, key)};
}

function partsOfMembers(members: Map<string, string>): RowParts {
  const identity = new Map(identityKeys.map((key) => [key, members.get(key) ?? 'null']));
  for (const key of [...keptOut, ...identityKeys]) members.delete(key);
  const head = members.size === 0 ? '{' : `${joinMembers(members).slice(0, -1)},`;
  return {head, identity: joinMembers(identity).slice(1, -1), has: (key) => members.has(key)};
}
