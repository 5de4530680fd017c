/** An amount of what budgets limit. */
export interface Amount {
  /** In and out, of policy and judge. */
  readonly tokens: number;
  /** US dollars. */
  readonly costUsd: number;
}

/** What may be spent in all; undefined: as much as it takes. */
export interface Caps {
  readonly tokens: number | undefined;
  readonly costUsd: number | undefined;
}

/** Which cap somebody has run into. */
export type CapName = 'max_cost' | 'max_tokens_total';

/** What the next rollout may do: start (its estimate is reserved then), wait until others have settled, or never start. */
export type LedgerDecision = 'start' | 'wait' | 'stop';

export const nothing: Amount = {tokens: 0, costUsd: 0};

/**
 * The books of a run's budget. What is spent and what is reserved for rollouts in flight together never pass a cap, so a cap
 * is passed at most by what rollouts in flight use beyond their estimates.
 */
export class Ledger {
  readonly #caps: Caps;
  #spent: Amount = nothing;
  #reserved: Amount = nothing;
  #inFlight = 0;
  #shortOf: CapName | undefined;

  constructor(caps: Caps) {
    this.#caps = caps;
  }

  /** What was really used by rollouts that have ended. */
  get spent(): Amount {
    return this.#spent;
  }

  get reserved(): Amount {
    return this.#reserved;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The cap that ended the run, once a rollout was told to stop. */
  get shortOf(): CapName | undefined {
    return this.#shortOf;
  }

  /**
   * Decides about a rollout and reserves its estimate if it may start. A guess, which nothing that is known supports, keeps
   * nobody from starting alone while anything is left: its answer is what there is to learn from.
   */
  decide(estimate: Amount, isGuess: boolean): LedgerDecision {
    const short = this.#capPassedBy(estimate);
    if (short !== undefined) {
      if (this.#inFlight > 0) return 'wait';
      if (!isGuess || this.#isUsedUp()) {
        this.#shortOf = short;
        return 'stop';
      }
    }
    this.#inFlight++;
    this.#reserved = plus(this.#reserved, estimate);
    return 'start';
  }

  /** Books what was used without a reservation: by earlier runs. */
  book(used: Amount): void {
    this.#spent = plus(this.#spent, used);
  }

  /** Replaces a reservation by what was really used. */
  settle(estimate: Amount, used: Amount): void {
    this.#inFlight--;
    // With nobody in flight nothing is reserved, whatever sums of fractions say.
    this.#reserved = this.#inFlight === 0 ? nothing : minus(this.#reserved, estimate);
    this.#spent = plus(this.#spent, used);
  }

  #capPassedBy(estimate: Amount): CapName | undefined {
    const {tokens, costUsd} = plus(plus(this.#spent, this.#reserved), estimate);
    if (costUsd > (this.#caps.costUsd ?? Number.POSITIVE_INFINITY)) return 'max_cost';
    return tokens > (this.#caps.tokens ?? Number.POSITIVE_INFINITY) ? 'max_tokens_total' : undefined;
  }

  #isUsedUp(): boolean {
    const {tokens = Number.POSITIVE_INFINITY, costUsd = Number.POSITIVE_INFINITY} = this.#caps;
    return this.#spent.tokens >= tokens || this.#spent.costUsd >= costUsd;
  }
}

function plus(a: Amount, b: Amount): Amount {
  return {tokens: a.tokens + b.tokens, costUsd: a.costUsd + b.costUsd};
}

function minus(a: Amount, b: Amount): Amount {
  return {tokens: a.tokens - b.tokens, costUsd: a.costUsd - b.costUsd};
}
