import {asJsonObject, type JsonObject} from '../core/json.ts';
import {addWork, noWork, promptSizeOf, type Workload} from '../core/prompt-size.ts';
import type {RolloutId} from '../core/rollout.ts';
import type {Journal} from '../store/journal.ts';
import {type OwedOptions, standingOf} from '../store/owed-rollouts.ts';

/** How far an output has come before this run does anything. */
export interface Standing {
  /** Rollouts wanted in all. */
  readonly wanted: number;
  /** Done by earlier runs. */
  readonly done: number;
  /** Failed for good, or as often as they may. */
  readonly givenUp: number;
  readonly owed: number;
}

interface SizedRow {
  readonly id: RolloutId;
  readonly agentName: string;
  readonly row: JsonObject;
}

/** Counts how the rollouts of an output stand, and how large those are that are owed. */
export class StandingTally {
  /** By agent name; filled by `addSized`. */
  readonly work: Map<string, Workload> = new Map();
  readonly #counts = {done: 0, owed: 0, 'given up': 0};
  readonly #journal: Journal;
  readonly #options: OwedOptions;

  constructor(journal: Journal, {maxAttempts, retryFailed}: OwedOptions) {
    this.#journal = journal;
    this.#options = {maxAttempts, retryFailed};
  }

  /** Counts a rollout, and gives it back. */
  add<Row extends {readonly id: RolloutId}>(row: Row): Row {
    this.#counts[standingOf(row.id, this.#journal, this.#options)]++;
    return row;
  }

  /** The same; the size of one that is owed goes into `work`. */
  addSized<Row extends SizedRow>(row: Row): Row {
    const standing = standingOf(row.id, this.#journal, this.#options);
    this.#counts[standing]++;
    if (standing === 'owed') this.#addWork(row);
    return row;
  }

  standing(wanted: number): Standing {
    const {done, owed, 'given up': givenUp} = this.#counts;
    return {wanted, done, owed, givenUp};
  }

  #addWork({agentName, row}: SizedRow): void {
    const size = promptSizeOf(asJsonObject(row['responses_create_params']) ?? {});
    this.work.set(agentName, addWork(this.work.get(agentName) ?? noWork, size));
  }
}
