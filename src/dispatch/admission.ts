import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';

/** Who goes first when there is room: a rollout already begun (its judge, its next turn, its retry), then new ones. */
export type Priority = 'begun' | 'new';

/** A pause that somebody's refusal brought about. */
export interface CoolDown {
  readonly leftMs: number;
  readonly because: CallError;
}

export interface AdmitOptions {
  readonly priority: Priority;
  readonly cancellation: Cancellation;
  /** Asked about the cool-down that is met, or that begins while waiting: an error means not to wait for its end. */
  readonly refuse?: ((coolDown: CoolDown) => Error | undefined) | undefined;
}

/** Gives the place back. Calling it twice is harmless. */
export type Release = () => void;

/** When a call to a deployment may start. Every door to the deployment asks the same one. */
export interface Admission {
  /** Resolves when there is room, first come first served within a priority; rejects when cancelled or refused while waiting. */
  admit(options: AdmitOptions): Promise<Release>;
  /** Nobody starts before `waitMs` have passed (a cool-down): a longer pause wins over a shorter one. `because` is told to those who wait. */
  pause(waitMs: number, because?: CallError): void;
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
  readonly #queues: Readonly<Record<Priority, Set<Waiter>>> = {begun: new Set(), new: new Set()};
  #inFlight = 0;
  #places = 0;
  #nextPlaceAt = 0;
  #pausedUntil = 0;
  #pausedBecause: CallError | undefined;
  #wake: Wake | undefined;

  constructor({limit, clock, openEveryMs = 1.5}: AdmissionOptions) {
    this.#limit = limit;
    this.#clock = clock;
    this.#openEveryMs = openEveryMs;
  }

  admit(options: AdmitOptions): Promise<Release> {
    const {priority, cancellation, refuse} = options;
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    if (this.#queues[priority].size === 0 && this.#findPlace()) return Promise.resolve(this.#take());
    const refusal = refuse && this.#refusalBy(refuse);
    return refusal === undefined ? this.#wait(options) : Promise.reject(refusal);
  }

  pause(waitMs: number, because?: CallError): void {
    const untilMs = this.#clock.monotonic() + waitMs;
    if (untilMs > this.#pausedUntil) {
      this.#pausedUntil = untilMs;
      this.#pausedBecause = because;
    }
    this.#places = 0;
    this.#nextPlaceAt = this.#pausedUntil;
    this.#refuseWaiting();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queues.begun.size + this.#queues.new.size;
  }

  #wait({priority, cancellation, refuse}: AdmitOptions): Promise<Release> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues[priority];
      const leave = (reason: Error): void => {
        stopListening();
        queue.delete(waiter);
        if (this.waiting === 0) this.#stopWaking();
        reject(reason);
      };
      const start = (): void => {
        stopListening();
        resolve(this.#take());
      };
      const waiter: Waiter = {start, leave, refuse};
      queue.add(waiter);
      const stopListening = cancellation.onCancel(leave);
      this.#wakeLater();
    });
  }

  #refuseWaiting(): void {
    for (const queue of [this.#queues.begun, this.#queues.new]) {
      for (const {refuse, leave} of queue) {
        const refusal = refuse && this.#refusalBy(refuse);
        if (refusal !== undefined) leave(refusal);
      }
    }
  }

  #refusalBy(refuse: NonNullable<AdmitOptions['refuse']>): Error | undefined {
    const because = this.#pausedBecause;
    const leftMs = this.#pausedUntil - this.#clock.monotonic();
    return because === undefined || leftMs <= 0 ? undefined : refuse({leftMs, because});
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
      next.start();
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

interface Waiter {
  readonly start: () => void;
  readonly leave: (reason: Error) => void;
  readonly refuse: AdmitOptions['refuse'];
}

interface Wake {
  readonly atMs: number;
  readonly stop: () => void;
}
