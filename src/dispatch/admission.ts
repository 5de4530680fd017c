import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';

/** Who goes first when there is room: a rollout already begun (its judge, its next turn, its retry), then new ones. */
export type Priority = 'begun' | 'new';

export interface AdmitOptions {
  readonly priority: Priority;
  readonly cancellation: Cancellation;
}

/** Gives the place back. Calling it twice is harmless. */
export type Release = () => void;

/** When a call to a deployment may start. Every door to the deployment asks the same one. */
export interface Admission {
  /** Resolves when there is room, first come first served within a priority; rejects when cancelled while waiting. */
  admit(options: AdmitOptions): Promise<Release>;
  /** Nobody starts before `waitMs` have passed (a cool-down): a longer pause wins over a shorter one. */
  pause(waitMs: number): void;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface AdmissionOptions {
  /** How many calls may be in flight at once, at least 1. */
  readonly limit: number;
  readonly clock: Clock;
  /** Milliseconds from opening one place to opening the next, until the limit is reached. Default 1.5. */
  readonly openEveryMs?: number | undefined;
}

const placesToMakeUp = 4;

/**
 * At most `limit` at once, none during a cool-down. Places open one after another, at the start and after a cool-down:
 * a burst of cold connections delays all of them, and a burst of calls is what the service refuses (azure-openai.md §5.1).
 * Those who wait hold no socket and no timer of their own.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  return new GradualAdmission(options);
}

class GradualAdmission implements Admission {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #openEveryMs: number;
  readonly #queues: Readonly<Record<Priority, Set<() => void>>> = {begun: new Set(), new: new Set()};
  #inFlight = 0;
  #places = 0;
  #nextPlaceAt = 0;
  #pausedUntil = 0;
  #wake: Wake | undefined;

  constructor({limit, clock, openEveryMs = 1.5}: AdmissionOptions) {
    this.#limit = limit;
    this.#clock = clock;
    this.#openEveryMs = openEveryMs;
  }

  admit({priority, cancellation}: AdmitOptions): Promise<Release> {
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    if (this.#queues[priority].size === 0 && this.#findPlace()) return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      const queue = this.#queues[priority];
      const start = (): void => {
        stopListening();
        resolve(this.#take());
      };
      const stopListening = cancellation.onCancel((reason) => {
        queue.delete(start);
        if (this.waiting === 0) this.#stopWaking();
        reject(reason);
      });
      queue.add(start);
      this.#wakeLater();
    });
  }

  pause(waitMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + waitMs);
    this.#places = 0;
    this.#nextPlaceAt = this.#pausedUntil;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queues.begun.size + this.#queues.new.size;
  }

  #take(): Release {
    this.#inFlight++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#inFlight--;
      this.#admitWaiting();
    };
  }

  #admitWaiting(): void {
    while (this.waiting > 0 && this.#findPlace()) {
      const queue = this.#queues.begun.size > 0 ? this.#queues.begun : this.#queues.new;
      const [next] = queue;
      if (next === undefined) return;
      queue.delete(next);
      next();
    }
    this.#wakeLater();
  }

  /** Whether a call may start now; opens a place for it if one is due. */
  #findPlace(): boolean {
    // The clock is read only while places are opening: at the limit it has nothing to say.
    if (this.#places < this.#limit) {
      const nowMs = this.#clock.monotonic();
      if (nowMs < this.#pausedUntil) return false;
      if (this.#inFlight >= this.#places && nowMs >= this.#nextPlaceAt) {
        this.#places = this.#inFlight + 1;
        // Timers are late: what was missed is made up for, but not what nobody asked for.
        const missedSince = nowMs - placesToMakeUp * this.#openEveryMs;
        this.#nextPlaceAt = Math.max(this.#nextPlaceAt, missedSince) + this.#openEveryMs;
      }
    }
    return this.#inFlight < Math.min(this.#places, this.#limit);
  }

  /** Wakes those who wait when the next place opens, unless a place that is given back will do so. */
  #wakeLater(): void {
    const nothingOpens = this.#places >= this.#limit || this.#inFlight >= this.#limit;
    if (this.waiting === 0 || nothingOpens || this.#wake?.atMs === this.#nextPlaceAt) return;
    this.#stopWaking();
    const atMs = this.#nextPlaceAt;
    const stop = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonic()), () => {
      this.#wake = undefined;
      this.#admitWaiting();
    });
    this.#wake = {atMs, stop};
  }

  #stopWaking(): void {
    this.#wake?.stop();
    this.#wake = undefined;
  }
}

interface Wake {
  readonly atMs: number;
  readonly stop: () => void;
}
