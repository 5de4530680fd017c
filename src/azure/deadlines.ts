import type {Clock} from '../core/clock.ts';

/** How long an exchange may take, in milliseconds. */
export interface DeadlineLimits {
  /** From the request's sending to the first byte of the reply. */
  readonly firstByteMs: number;
  /** Between two pieces of the reply. */
  readonly idleMs: number;
  /** The whole exchange, waiting for a connection included. */
  readonly callMs: number;
}

/** Which of the limits was passed. */
export type PassedDeadline = 'first byte' | 'idle' | 'call';

// A longer one would fire at once (32 bits).
const longestTimerMs = 2_147_483_647;

/**
 * Watches several limits of one exchange with a single timer. Progress only notes the time; the timer looks, when it
 * fires, whether anything is really due, so a busy stream costs no timers.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #limits: DeadlineLimits;
  readonly #onPassed: (deadline: PassedDeadline) => void;
  readonly #callDueMs: number;
  #waiting: 'first byte' | 'idle' | undefined;
  #waitDueMs = Infinity;
  #timerDueMs: number;
  #stopTimer: () => void;

  constructor(clock: Clock, limits: DeadlineLimits, onPassed: (deadline: PassedDeadline) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onPassed = onPassed;
    const now = clock.monotonic();
    this.#callDueMs = now + limits.callMs;
    // Early enough for whatever is waited for first, so that neither sending nor a reply needs another timer.
    this.#timerDueMs = now + Math.min(limits.callMs, limits.firstByteMs, limits.idleMs);
    this.#stopTimer = this.#arm(now);
  }

  /** The request is on its way. */
  sent(): void {
    this.#waitFor('first byte', this.#limits.firstByteMs);
  }

  /** Something of the reply came. */
  progressed(): void {
    this.#waitFor('idle', this.#limits.idleMs);
  }

  /** The reply is held back by its reader, who may take as long as the call lasts. */
  paused(): void {
    this.#waiting = undefined;
    this.#waitDueMs = Infinity;
  }

  stop(): void {
    this.#stopTimer();
  }

  #waitFor(what: 'first byte' | 'idle', limitMs: number): void {
    const now = this.#clock.monotonic();
    this.#waiting = what;
    this.#waitDueMs = now + limitMs;
    if (this.#waitDueMs >= this.#timerDueMs) return;
    this.#stopTimer();
    this.#timerDueMs = this.#waitDueMs;
    this.#stopTimer = this.#arm(now);
  }

  #arm(now: number): () => void {
    const delayMs = Math.min(Math.max(0, this.#timerDueMs - now), longestTimerMs);
    return this.#clock.setTimer(delayMs, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now >= this.#callDueMs) {
      this.#onPassed('call');
      return;
    }
    if (this.#waiting !== undefined && now >= this.#waitDueMs) {
      this.#onPassed(this.#waiting);
      return;
    }
    this.#timerDueMs = Math.min(this.#callDueMs, this.#waitDueMs);
    this.#stopTimer = this.#arm(now);
  }
}
