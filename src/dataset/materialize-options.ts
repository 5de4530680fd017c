import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {Shard} from '../core/shard.ts';
import type {PromptConfig} from './prompt-config.ts';

/** Rollouts a row: one number for all, or by agent name with `_default` for those that are not listed. */
export type Repeats = number | Readonly<Record<string, number>>;

/** How rows become rollouts. Every one of these changes what is collected, so a resumed run must have the same. */
export interface MaterializeOptions {
  /** Take at most so many rows; 0 and undefined take all. */
  readonly limit?: number | undefined;
  /** Of the rows that are taken, only those of this share's tasks; undefined takes all. */
  readonly shard?: Shard | undefined;
  /** Agent of the rows that name none. */
  readonly agentName?: string | undefined;
  /** The agents there are; a row or default that names another is a problem. Undefined when that is not known here. */
  readonly knownAgents?: readonly string[] | undefined;
  readonly numRepeats: Repeats;
  /** Gives each rollout its rollout index as `seed`, in `metadata.extra_body`. */
  readonly addSeed: boolean;
  /** Members of `responses_create_params` that replace each row's own, whole. */
  readonly overrides: JsonObject;
  readonly promptConfig?: PromptConfig | undefined;
  /** Stamped on each row as `skills_ref`. */
  readonly skillsRef?: JsonObject | undefined;
}

/** Fails with `ERR_USAGE` on a limit or on repeats that make no sense. */
export function checkMaterializeOptions({limit = 0, numRepeats}: MaterializeOptions): void {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw usageError(`limit must be a whole number from 0 (0 takes all rows), not ${String(limit)}`);
  }
  const repeats = typeof numRepeats === 'number' ? [['', numRepeats] as const] : Object.entries(numRepeats);
  const wrong = repeats.filter(([, count]) => !Number.isSafeInteger(count) || count < 1);
  if (wrong.length === 0) return;
  const named = wrong
    .map(([name, count]) => (name === '' ? String(count) : `${name}: ${String(count)}`))
    .join(', ');
  throw usageError(`num_repeats must be whole numbers from 1, not ${named}`);
}

/** How many rollouts a row of this agent gets; undefined when a map names neither the agent nor `_default`. */
export function repeatsFor(agentName: string, numRepeats: Repeats): number | undefined {
  if (typeof numRepeats === 'number') return numRepeats;
  return Object.hasOwn(numRepeats, agentName) ? numRepeats[agentName] : numRepeats['_default'];
}

function usageError(message: string): RollcallError {
  return new RollcallError(message, {code: 'ERR_USAGE', fault: 'usage'});
}
