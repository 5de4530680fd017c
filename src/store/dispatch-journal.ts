import {rm} from 'node:fs/promises';
import type {Clock} from '../core/clock.ts';
import {asJsonArray} from '../core/json.ts';
import type {DispatchJournal} from '../core/ports.ts';
import type {RolloutId} from '../core/rollout.ts';
import {openBurstFile} from '../runtime/burst-file.ts';
import {storeError} from '../runtime/store-error.ts';
import type {Journal} from './journal.ts';
import type {OutputPaths} from './output-paths.ts';
import {scanRecords} from './scan-records.ts';

/** An attempt at a rollout that was begun and has neither a record nor a failure. */
export interface UnrecordedAttempt {
  readonly id: RolloutId;
  readonly attempt: number;
}

export interface OpenDispatchJournal extends DispatchJournal {
  /** Closes it. `isClean`: whatever was begun is recorded, so that there is nothing to tell; the file goes away. Never fails. */
  close(isClean: boolean): Promise<void>;
}

/** Opens the journal of what is sent, anew. Fails with `ERR_STORE_WRITE`. */
export function openDispatchJournal({dispatched}: OutputPaths, clock: Clock): OpenDispatchJournal {
  const file = openBurstFile(dispatched, {clock, lineOf: (notes) => `{"begun":[${notes}]}`});
  return {
    begin: ({id, attempt}) => file.write(`[${id.taskIndex},${id.rolloutIndex},${attempt}]`),
    async close(isClean) {
      file.close();
      if (isClean) await rm(dispatched, {force: true}).catch(() => undefined);
    },
  };
}

/**
 * What runs that did not end had begun and what is not recorded, from what they left and what `journal` has on it. A line that was
 * torn tells of calls that were not sent yet. Fails with `ERR_STORE_READ`.
 */
export async function readUnrecorded(
  {dispatched}: OutputPaths,
  journal: Journal,
): Promise<readonly UnrecordedAttempt[]> {
  const unrecorded: UnrecordedAttempt[] = [];
  try {
    await scanRecords(dispatched, ({begun}) => {
      for (const each of asJsonArray(begun).map(attemptOf)) {
        if (each !== undefined && !isRecorded(each, journal)) unrecorded.push(each);
      }
    });
  } catch (error) {
    throw storeError(dispatched, error, 'read');
  }
  return unrecorded;
}

function isRecorded({id, attempt}: UnrecordedAttempt, journal: Journal): boolean {
  return journal.isDone(id) || journal.attempts(id) >= attempt;
}

function attemptOf(value: unknown): UnrecordedAttempt | undefined {
  const [taskIndex, rolloutIndex, attempt] = asJsonArray(value);
  const isAttempt = [taskIndex, rolloutIndex, attempt].every(
    (each) => Number.isSafeInteger(each) && Number(each) >= 0,
  );
  if (!isAttempt) return undefined;
  return {
    id: {taskIndex: Number(taskIndex), rolloutIndex: Number(rolloutIndex)},
    attempt: Number(attempt),
  };
}
