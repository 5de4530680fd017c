import type {Clock} from '../core/clock.ts';
import type {CallTerms, Exchange, PlaceInUse, Racer} from './dispatcher.ts';
import {LatencyQuantile} from './latency-quantile.ts';
import type {Pool} from './pool.ts';
import type {PoolGate} from './pool-gate.ts';
import type {PooledPlace} from './pool-member.ts';
import {Race} from './race.ts';
import {Stragglers} from './stragglers.ts';
import type {Tries} from './tries.ts';

export interface HedgingOptions {
  /** A call that takes longer than this percentile of its deployment's last answers gets a second copy. */
  readonly percentile: number;
  /** Second copies are at most this share of all calls. */
  readonly maxShare: number;
}

/**
 * Sends a second copy of an exchange that takes unusually long, preferably to another deployment, if a place and quota are
 * free at once. The first answer wins, the other copy is broken off. One copy's failure is not the call's while the
 * other runs.
 */
export class Hedger implements Racer<PooledPlace> {
  readonly #pool: Pool;
  readonly #gate: PoolGate;
  readonly #clock: Clock;
  readonly #options: HedgingOptions;
  readonly #stragglers: Stragglers;
  readonly #usual: readonly LatencyQuantile[];
  #calls = 0;
  #copies = 0;

  constructor(pool: Pool, gate: PoolGate, clock: Clock, options: HedgingOptions) {
    this.#pool = pool;
    this.#gate = gate;
    this.#clock = clock;
    this.#options = options;
    this.#stragglers = new Stragglers(clock);
    this.#usual = pool.roster.members.map(() => new LatencyQuantile(options.percentile));
  }

  async race<T>(
    exchange: Exchange<T>,
    held: PlaceInUse<PooledPlace>,
    {terms, tries}: {readonly terms: CallTerms; readonly tries: Tries},
  ): Promise<T> {
    this.#calls++;
    const race = new Race(exchange, terms.cancellation, {
      clock: this.#clock,
      onCopyFailed: (failed, error) => {
        this.#gate.noteFailedCopy(failed, error, tries, terms);
        failed.release();
      },
    });
    const {place} = held;
    const ending = race.start(place);
    const stopWatching = this.#watch(place.member, () => {
      const second = this.#placeForCopy(place, terms);
      if (second === undefined) return;
      this.#copies++;
      tries.calls++;
      void race.start(second);
    });
    const end = await ending;
    stopWatching?.();
    held.place = end.place;
    if ('error' in end) throw end.error;
    held.tookMs = end.tookMs;
    this.#usual[end.place.member]?.add(end.tookMs);
    if (end.lost !== undefined) tries.lostCopies = [...(tries.lostCopies ?? []), end.lost];
    return end.value;
  }

  /** Acts if the call takes unusually long for its deployment; returns the way to call that off. */
  #watch(member: number, act: () => void): (() => void) | undefined {
    const usualMs = this.#usual[member]?.value;
    if (usualMs === undefined) return undefined;
    const straggler = {dueMs: this.#clock.monotonic() + usualMs, act};
    this.#stragglers.add(straggler);
    return () => this.#stragglers.remove(straggler);
  }

  /** At another deployment if one has room, else at the same. Whoever waits goes first. */
  #placeForCopy({member}: PooledPlace, {tokens, affinityKey}: CallTerms): PooledPlace | undefined {
    if (this.#copies + 1 > this.#calls * this.#options.maxShare) return undefined;
    const call = {
      priority: 'new',
      tokens: tokens !== undefined && this.#pool.countsTokens ? tokens() : 0,
      affinityKey,
    } as const;
    const elsewhere = this.#pool.takeNow({...call, tried: new Set([member])});
    return elsewhere ?? this.#pool.takeNow({...call, tried: undefined});
  }
}
