import type {Cancellation} from '../core/cancellation.ts';
import {asJsonObject, type JsonObject} from '../core/json.ts';
import type {RolloutRunner} from '../core/ports.ts';
import {type PromptSize, promptSizeOf} from '../core/prompt-size.ts';
import type {Outcome, Rollout} from '../core/rollout.ts';
import {
  addSpending,
  type Spending,
  type SpendingByRole,
  spendingOf,
  spendingOnCopies,
} from '../core/spending.ts';
import type {AgentTerms} from './agent-terms.ts';
import {type Amount, type CapName, type Caps, Ledger, nothing} from './ledger.ts';
import {priceEarlier, priceEarlierSum} from './price-earlier.ts';
import {type Reservation, Reservations} from './reservations.ts';
import type {Gate} from './within-budget.ts';

export interface BudgetOptions {
  readonly caps: Caps;
  readonly termsOf: (agentName: string) => AgentTerms;
  /** Cancelled: whoever waits is let go, and nothing starts any more. */
  readonly stop: Cancellation;
}

export interface EarlierSpending extends SpendingByRole {
  readonly copies: Spending | undefined;
}

/** A run's budget at work: reserves before a rollout starts, books what it used when it has ended. */
export class Budget implements Gate<Rollout> {
  readonly #ledger: Ledger;
  readonly #options: BudgetOptions;
  readonly #agents = new Map<string, Reservations>();
  readonly #held = new Map<Rollout, Held>();
  readonly #stopListening: () => void;
  #wake: () => void = () => undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.caps);
    this.#stopListening = options.stop.onCancel(() => this.#wake());
  }

  /** By this output so far, over all runs. */
  get spent(): Amount {
    return this.#ledger.spent;
  }

  /** The cap that the run came to its end at, if it did. */
  get shortOf(): CapName | undefined {
    return this.#ledger.shortOf;
  }

  /** Books a rollout that an earlier run completed, by its request, and learns from it. `copies`: see `spendingOnCopies`. */
  addEarlier(agentName: string, params: JsonObject, {copies, ...recorded}: EarlierSpending): void {
    const terms = this.#options.termsOf(agentName);
    const spending = priceEarlier(recorded, terms);
    this.#ledger.book(amountOf(addSpending(spending.policy, spending.judge)));
    this.#ledger.book(amountOf(priceEarlierSum(copies, terms)));
    this.#reservationsOf(agentName).observe(promptSizeOf(params), spending);
  }

  /** Books what came to nothing in an earlier run. */
  addEarlierFailure(agentName: string, recorded: Spending | undefined): void {
    this.#ledger.book(amountOf(priceEarlierSum(recorded, this.#options.termsOf(agentName))));
  }

  admit(rollout: Rollout): 'start' | 'wait' | 'stop' {
    if (this.#options.stop.reason !== undefined) return 'stop';
    const size = promptSizeOf(asJsonObject(rollout.row['responses_create_params']) ?? {});
    const reservation = this.#reservationsOf(rollout.agentName).estimate(size);
    const decision = this.#ledger.decide(reservation, reservation.isGuess);
    if (decision === 'start') this.#held.set(rollout, {reservation, size});
    return decision;
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The same runner; when a rollout has ended, what it used takes the place of what was reserved for it. */
  metering(runner: RolloutRunner): RolloutRunner {
    return async (rollout, options) => {
      let outcome: Outcome | undefined;
      try {
        outcome = await runner(rollout, options);
        return outcome;
      } finally {
        this.#settle(rollout, outcome);
      }
    };
  }

  /** Stops listening: call it when the run is over. */
  release(): void {
    this.#stopListening();
  }

  #settle(rollout: Rollout, outcome: Outcome | undefined): void {
    const held = this.#held.get(rollout);
    if (held === undefined) return;
    this.#held.delete(rollout);
    const spending = outcome && spendingOf(outcome);
    const copies = outcome && spendingOnCopies(outcome);
    const used = addSpending(addSpending(spending?.policy, spending?.judge), copies);
    this.#ledger.settle(held.reservation, amountOf(used));
    if (outcome?.status === 'completed' && spending !== undefined)
      this.#reservationsOf(rollout.agentName).observe(held.size, spending);
    this.#wake();
  }

  #reservationsOf(agentName: string): Reservations {
    const known = this.#agents.get(agentName);
    if (known !== undefined) return known;
    const made = new Reservations(this.#options.termsOf(agentName));
    this.#agents.set(agentName, made);
    return made;
  }
}

interface Held {
  readonly reservation: Reservation;
  readonly size: PromptSize;
}

function amountOf(spent: Spending | undefined): Amount {
  if (spent === undefined) return nothing;
  return {tokens: spent.inputTokens + spent.outputTokens, costUsd: spent.costUsd ?? 0};
}
