import {join, parse} from 'node:path';
import {oneBatch} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';
import {joinMembers, splitMembers} from '../core/raw-json.ts';
import {createMetricsFold} from '../metrics/metrics-fold.ts';
import {agentMetricsOf, renderRewardProfile} from '../metrics/reward-profile.ts';
import {factsOfRecord} from '../metrics/rollout-facts.ts';
import {outputPaths} from '../store/output-paths.ts';
import {RolloutCensus} from '../store/rollout-census.ts';
import {writeLines} from '../store/write-lines.ts';
import {type MissingRollouts, missingOf, noticesOf, throwIfProblems} from './census-report.ts';
import type {AppEnvironment} from './environment.ts';
import {missingFiles} from './missing-files.ts';

export interface ProfileRequest {
  /** Absolute paths. */
  readonly rollouts: string;
  /** The materialised inputs; undefined: those beside the rollouts. */
  readonly inputs: string | undefined;
  /** Missing rollouts are told and taken as they are. */
  readonly allowPartial: boolean;
}

export interface ProfileReport {
  readonly rollouts: number;
  readonly missing: MissingRollouts;
  readonly notices: readonly string[];
  /** Undefined when rollouts are missing and that is not allowed. */
  readonly written: WrittenProfile | undefined;
}

export interface WrittenProfile {
  readonly profile: string;
  readonly agentMetrics: string;
  /** Tasks that have all, some, none of their rollouts. */
  readonly complete: number;
  readonly partial: number;
  readonly missing: number;
}

/**
 * Profiles rollouts by task: `STEM_reward_profiling.jsonl` with each task's row and its statistics, and `STEM_agent_metrics.json`, both as
 * NeMo Gym writes them, from outputs of either. Fails with `ERR_DUPLICATE_ROLLOUT` where rollouts and inputs do not belong together.
 * Writes nothing unless all rollouts are there, or `allowPartial`.
 */
export async function profileRollouts(
  {rollouts, inputs, allowPartial}: ProfileRequest,
  {clock}: Pick<AppEnvironment, 'clock'>,
): Promise<ProfileReport> {
  const paths = outputPaths(rollouts);
  const materialized = inputs ?? paths.materialized;
  await refuseMissingFiles([rollouts, materialized]);
  const [overall, byAgent] = [createMetricsFold(), createMetricsFold()];
  // By task, the rollout whose row stands for it.
  const sampled = new Map<number, number>();
  using census = new RolloutCensus({
    onWanted(_, {taskIndex, rolloutIndex}) {
      overall.expect('', taskIndex);
      if (!sampled.has(taskIndex)) sampled.set(taskIndex, rolloutIndex);
    },
    onRecord(record) {
      const facts = factsOfRecord(record);
      overall.add({...facts, agentName: ''});
      byAgent.add(facts);
    },
  });
  await census.add({materialized, output: rollouts});
  throwIfProblems(census);
  const missing = missingOf(census);
  const report = {rollouts: census.done.size, missing, notices: noticesOf(census)};
  if (missing.count > 0 && !allowPartial) return {...report, written: undefined};
  const tasks = {complete: 0, partial: 0};
  const [table] = overall.tables();
  const sampleOf = (taskIndex: number): string =>
    sampleText(census.wanted.read({taskIndex, rolloutIndex: sampled.get(taskIndex) ?? 0}) ?? '{}');
  const lines = table === undefined ? [] : renderRewardProfile(table, sampleOf, tasks);
  const written = profilePaths(rollouts);
  await writeLines(written.profile, oneBatch(lines), clock);
  await writeLines(written.agentMetrics, oneBatch([JSON.stringify(agentMetricsOf(byAgent.tables()))]), clock);
  return {...report, written: {...written, ...tasks, missing: sampled.size - tasks.complete - tasks.partial}};
}

async function refuseMissingFiles(paths: readonly string[]): Promise<void> {
  const problems = await missingFiles(paths);
  if (problems.length === 0) return;
  throw new RollcallError('there is nothing to profile', {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'Give the rollouts, and with --inputs the materialised inputs if they are not beside them.',
    problems,
  });
}

/** Where NeMo Gym puts a profile. */
function profilePaths(rollouts: string): {readonly profile: string; readonly agentMetrics: string} {
  const {dir, name} = parse(rollouts);
  return {
    profile: join(dir, `${name}_reward_profiling.jsonl`),
    agentMetrics: join(dir, `${name}_agent_metrics.json`),
  };
}

/** A materialised row without what tells its rollouts apart, otherwise as it is written. */
function sampleText(row: string): string {
  const members = splitMembers(row);
  members.delete('_ng_task_index');
  members.delete('_ng_rollout_index');
  return joinMembers(members);
}
