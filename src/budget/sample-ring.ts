import type {Spending, SpendingByRole} from '../core/spending.ts';
import type {Sample} from './stratum.ts';

/** Tokens in and out and costs, of policy and judge: what is foretold. */
export const quantities = 6;

// What is older is forgotten.
const remembered = 1_024;

/**
 * The samples that were added last, as columns: objects that live for some thousand rollouts and then die are what the garbage collector
 * is slowest with.
 */
export class SampleRing {
  /** How many were ever added. */
  seen = 0;
  readonly #agentNames: string[] = [];
  readonly #promptTokens = new Float64Array(remembered);
  readonly #durationsMs = new Float64Array(remembered);
  readonly #used = new Float64Array(remembered * quantities);

  /** Adds a rollout that has ended; returns where `usedAt` finds what it used. */
  add(
    {agentName, promptTokens}: Pick<Sample, 'agentName' | 'promptTokens'>,
    durationMs: number | undefined,
    {policy, judge}: SpendingByRole,
  ): number {
    const place = this.seen++ % remembered;
    this.#agentNames[place] = agentName;
    this.#promptTokens[place] = promptTokens;
    this.#durationsMs[place] = durationMs ?? Number.NaN;
    this.#fill(place * quantities, policy);
    this.#fill(place * quantities + quantities / 2, judge);
    return place;
  }

  /** How much of a kind the sample at a place used. */
  usedAt(place: number, kind: number): number {
    return this.#used[place * quantities + kind] ?? 0;
  }

  /** The samples that are remembered, as objects. */
  samples(): readonly Sample[] {
    return this.#agentNames.map((agentName, place) => {
      const durationMs = this.#durationsMs[place] ?? Number.NaN;
      return {
        agentName,
        promptTokens: this.#promptTokens[place] ?? 0,
        durationMs: Number.isNaN(durationMs) ? undefined : durationMs,
        used: this.#used.subarray(place * quantities, (place + 1) * quantities),
      };
    });
  }

  #fill(at: number, spent: Spending | undefined): void {
    this.#used[at] = spent?.inputTokens ?? 0;
    this.#used[at + 1] = spent?.outputTokens ?? 0;
    this.#used[at + 2] = spent?.costUsd ?? 0;
  }
}
