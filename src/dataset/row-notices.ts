import type {JsonObject} from '../core/json.ts';
import type {MaterializeOptions} from './materialize-options.ts';
import {isReservedKey} from './reserved-keys.ts';
import {inputShape} from './row-input.ts';

// What a chat request has beside its messages. In a row they are data until somebody puts them where they count.
const chatParams: readonly string[] = [
  'model',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'tools',
  'tool_choice',
  'response_format',
  'seed',
  'instructions',
];

/** Counts what rows say that will not be done, to tell it once instead of once a row. */
export class RowNotices {
  readonly #options: MaterializeOptions;
  readonly #dropped = new Map<string, number>();
  readonly #unsent = new Map<string, number>();
  #rolloutIndices = 0;

  constructor(options: MaterializeOptions) {
    this.#options = options;
  }

  add(row: JsonObject): void {
    for (const key of Object.keys(row)) if (isReservedKey(key)) count(this.#dropped, key);
    if (row['_ng_rollout_index'] !== undefined) this.#rolloutIndices += 1;
    if (this.#options.promptConfig !== undefined || inputShape(row) === 'responses_create_params') return;
    for (const key of chatParams) if (row[key] != null) count(this.#unsent, key);
  }

  list(): readonly string[] {
    const notices: string[] = [];
    for (const [key, rows] of this.#dropped) {
      notices.push(`${key} in ${rowsOf(rows)} is left out: the name belongs to the output`);
    }
    if (this.#rolloutIndices > 0) {
      notices.push(
        `_ng_rollout_index in ${rowsOf(this.#rolloutIndices)} is replaced: repeats are numbered anew`,
      );
    }
    for (const [key, rows] of this.#unsent) {
      notices.push(`${key} in ${rowsOf(rows)} is not sent: it counts only inside responses_create_params`);
    }
    return notices;
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function rowsOf(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}
