import type {ConcurrencyLimit} from './concurrency.ts';

// Few places open at a pace that is not felt; many within the time of a short call, so that their calls come back spread over it.
const usualPaceMs = 1.5;
const mostOpeningMs = 125;
// Timers are late: so much is made up for, but not what nobody asked for.
const toMakeUpMs = 6;
const firstProbes = 2;

/**
 * Which of a deployment's places are open. They open one after another, at the start and after a cool-down: a burst of
 * cold connections delays all of them, and a burst of calls is what the service refuses (azure-openai.md §5.1).
 */
export class Opening {
  readonly #limit: ConcurrencyLimit;
  readonly #everyMs: number | undefined;
  #places = 0;
  #nextAtMs = 0;
  #pausedUntil = 0;
  /** Calls that may be in flight of those that began after a refusal; undefined: no such limit. */
  #probes: number | undefined;
  #probing = 0;
  #probeRound = 0;

  /** `everyMs` from one place to the next; undefined: as suits their number. */
  constructor(limit: ConcurrencyLimit, everyMs?: number) {
    this.#limit = limit;
    this.#everyMs = everyMs;
  }

  /** Whether the clock has anything to say: not while all places are open. */
  get isComplete(): boolean {
    return this.#places >= this.#limit.current;
  }

  /** Whether as many calls as are let in after a refusal are under way. */
  get isProbing(): boolean {
    return this.#probes !== undefined && this.#probing >= this.#probes;
  }

  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** A longer pause wins; the return value says whether this one did. */
  pause(untilMs: number): boolean {
    const isLonger = untilMs > this.#pausedUntil;
    if (isLonger) this.#pausedUntil = untilMs;
    this.#places = 0;
    this.#nextAtMs = this.#pausedUntil;
    return isLonger;
  }

  /** From here on few calls go at once, and more with each answer to one of them. */
  probe(): void {
    this.#probes = firstProbes;
    this.#probing = 0;
    this.#probeRound++;
  }

  /** Whether a call may start; opens a place for it if one is due. `now` is asked only if it matters. */
  hasPlace(inFlight: number, now: () => number): boolean {
    if (this.isProbing) return false;
    if (!this.isComplete) {
      const nowMs = now();
      if (nowMs < this.#pausedUntil) return false;
      if (inFlight >= this.#places && nowMs >= this.#nextAtMs) {
        this.#places = inFlight + 1;
        const paceMs = this.#everyMs ?? Math.min(usualPaceMs, mostOpeningMs / this.#limit.current);
        this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - toMakeUpMs) + paceMs;
      }
    }
    return inFlight < Math.min(this.#places, this.#limit.current);
  }

  /** When the next place opens by itself; undefined: only when one is given back. */
  nextAt(inFlight: number): number | undefined {
    if (this.isProbing || inFlight >= this.#limit.current) return undefined;
    if (inFlight < this.#places) return 0;
    return this.isComplete ? undefined : this.#nextAtMs;
  }

  /** A call starts; the return value is for `end` and `answered`: which of the refusals it tries the deployment out after. */
  start(): number | undefined {
    if (this.#probes === undefined) return undefined;
    this.#probing++;
    return this.#probeRound;
  }

  end(probeRound: number): void {
    if (probeRound === this.#probeRound) this.#probing--;
  }

  answered(probeRound: number): void {
    if (this.#probes === undefined || probeRound !== this.#probeRound) return;
    this.#probes++;
    if (this.#probes >= this.#limit.current) this.#probes = undefined;
  }
}
