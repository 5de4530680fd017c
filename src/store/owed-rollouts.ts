import type {Batches} from '../core/batches.ts';
import type {JsonObject} from '../core/json.ts';
import type {Rollout, RolloutId} from '../core/rollout.ts';
import type {Journal} from './journal.ts';

/** A materialised row, as the dataset room reads it. */
export interface PlannedRollout {
  readonly id: RolloutId;
  readonly agentName: string;
  readonly text: string;
  readonly row: JsonObject;
}

export interface OwedOptions {
  /** Executions of one rollout, over all resumes. */
  readonly maxAttempts: number;
  /** Gives rollouts that used up their attempts, or failed for good, another try: those that the journal was asked for. */
  readonly retryFailed: boolean;
}

/** What becomes of a rollout when its output is gone on with. */
export type Standing = 'done' | 'owed' | 'given up';

/** Decides about one rollout from what the journal has on it. */
export function standingOf(
  id: RolloutId,
  journal: Journal,
  {maxAttempts, retryFailed}: OwedOptions,
): Standing {
  if (journal.isDone(id)) return 'done';
  if (retryFailed && journal.failedAsAsked(id)) return 'owed';
  return journal.isTerminal(id) || journal.attempts(id) >= maxAttempts ? 'given up' : 'owed';
}

/** The rollouts still to run, in the materialised order, each with the number of its next attempt. */
export async function* owedRollouts(
  materialized: Batches<PlannedRollout>,
  journal: Journal,
  options: OwedOptions,
): AsyncGenerator<Rollout> {
  for await (const batch of materialized) {
    for (const {id, agentName, text, row} of batch) {
      if (standingOf(id, journal, options) !== 'owed') continue;
      yield {id, agentName, attempt: journal.attempts(id) + 1, row, text};
    }
  }
}
