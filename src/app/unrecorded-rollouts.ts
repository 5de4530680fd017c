import type {AgentTerms} from '../budget/agent-terms.ts';
import {Reservations} from '../budget/reservations.ts';
import {parseExactJson} from '../core/exact-json.ts';
import {asJsonObject, type JsonObject} from '../core/json.ts';
import {promptSizeOf} from '../core/prompt-size.ts';
import type {RolloutId} from '../core/rollout.ts';
import {roundUsd} from '../core/spending.ts';
import type {UnrecordedAttempt} from '../store/dispatch-journal.ts';

interface Row {
  readonly id: RolloutId;
  readonly agentName: string;
  readonly text: string;
}

// So many ids are named to people, and so many kept.
const shownIds = 10;
const keptIds = 100;

/**
 * Rollouts that earlier runs had begun and that have no record: their calls may have been answered and billed, and are made again.
 * What that costs at most is told from their rows, one copy of each call that a rollout needs.
 */
export class UnrecordedRollouts {
  readonly #waiting: Set<string>;
  readonly #ids: readonly string[];
  readonly #termsOf: (agentName: string) => AgentTerms | undefined;
  #tokens = 0;
  #costUsd: number | undefined = 0;
  #isGuess = false;

  constructor(
    attempts: readonly UnrecordedAttempt[],
    termsOf: (agentName: string) => AgentTerms | undefined,
  ) {
    this.#waiting = new Set(attempts.map(({id}) => nameOf(id)));
    this.#ids = [...this.#waiting];
    this.#termsOf = termsOf;
  }

  /** Adds up what a row may have cost if it is one of them, and gives it back. */
  add<Each extends Row>(row: Each): Each {
    if (this.#waiting.size > 0 && this.#waiting.delete(nameOf(row.id))) this.#addCost(row);
    return row;
  }

  /** One sentence for people; undefined if there are none. */
  notice(): string | undefined {
    if (this.#ids.length === 0) return undefined;
    const more = this.#ids.length - shownIds;
    const named = this.#ids.slice(0, shownIds).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
    return `${String(this.#ids.length)} rollout(s) had begun when an earlier run was cut off and have no record, so that their calls may be billed twice${this.#amounts()}: ${named}`;
  }

  /** The same for the manifest. */
  toJson(): JsonObject | undefined {
    if (this.#ids.length === 0) return undefined;
    return {
      rollouts: this.#ids.length,
      ids: this.#ids.slice(0, keptIds),
      tokens_at_most: this.#isCounted ? this.#tokens : null,
      cost_usd_at_most: !this.#isCounted || this.#costUsd === undefined ? null : roundUsd(this.#costUsd),
      is_guess: this.#isGuess,
    };
  }

  /** Whether the rows of all of them have been there. */
  get #isCounted(): boolean {
    return this.#waiting.size === 0;
  }

  #amounts(): string {
    if (!this.#isCounted) return '';
    const cost = this.#costUsd === undefined ? '' : `, $${(Math.ceil(this.#costUsd * 100) / 100).toFixed(2)}`;
    return ` (at most about ${this.#tokens.toLocaleString('en-US')} tokens${cost})`;
  }

  #addCost({agentName, text}: Row): void {
    const terms = this.#termsOf(agentName);
    if (terms === undefined) return;
    const row = asJsonObject(parseExactJson(text));
    const size = promptSizeOf(asJsonObject(row?.['responses_create_params']) ?? {});
    const {tokens, costUsd, isGuess} = new Reservations(terms).estimate(size);
    const isPriced =
      terms.price !== undefined && (terms.judge === undefined || terms.judge.price !== undefined);
    this.#tokens += tokens;
    this.#costUsd = isPriced && this.#costUsd !== undefined ? this.#costUsd + costUsd : undefined;
    this.#isGuess ||= isGuess;
  }
}

function nameOf({taskIndex, rolloutIndex}: RolloutId): string {
  return `${String(taskIndex)}:${String(rolloutIndex)}`;
}
