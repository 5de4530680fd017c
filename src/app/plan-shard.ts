import type {LoadedConfig} from '../config/load-config.ts';
import {scheduledShard} from '../config/scheduled-shard.ts';
import {RollcallError} from '../core/errors.ts';
import {formatShard, type Shard} from '../core/shard.ts';
import type {Survey} from '../dataset/survey.ts';
import type {AppEnvironment} from './environment.ts';

/**
 * The share of this job; undefined: it does all, as the only share does. Fails with `ERR_USAGE` where the scheduler is to tell it and does
 * not, or where several do.
 */
export function planShard({collect}: LoadedConfig, {env, logger}: AppEnvironment): Shard | undefined {
  if (collect.shard === undefined) return undefined;
  const shard = collect.shard.kind === 'named' ? collect.shard.shard : autoShard(collect.shard.of);
  return shard.of === 1 ? undefined : shard;

  function autoShard(of: number | undefined): Shard {
    const told = scheduledShard(env, of);
    if ('problem' in told) {
      throw new RollcallError('--shard auto cannot tell which share this job has', {
        code: 'ERR_USAGE',
        fault: 'usage',
        problems: [told.problem],
      });
    }
    logger.debug(`--shard auto is ${formatShard(told.shard)}, by ${told.from}`);
    return told.shard;
  }
}

/** What a share comes to, in a sentence. */
export function describeShard(shard: Shard, {rows, tasks, rollouts, whole}: Survey): string {
  const name = `Shard ${formatShard(shard)}`;
  if (tasks === 0)
    return `${name} has no task: there are fewer of them (${String(whole.tasks)}) than shards. There is nothing to do.`;
  const ofWhole = (count: number, all: number, what: string): string =>
    `${String(count)} of ${String(all)} ${what}`;
  return `${name}: ${ofWhole(tasks, whole.tasks, 'tasks')}, ${ofWhole(rows, whole.rows, 'rows')}, ${ofWhole(rollouts, whole.rollouts, 'rollouts')}.`;
}
