import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {RolloutRunner} from '../core/ports.ts';

/** The same runner, but a rollout that takes longer than `timeoutMs`, waiting included, is cut off and fails. */
export function limitTime(runner: RolloutRunner, timeoutMs: number, clock: Clock): RolloutRunner {
  const watch = new Watch(timeoutMs, clock);
  return async (rollout, {cancellation}) => {
    const watched = watch.begin(cancellation);
    try {
      const outcome = await runner(rollout, {cancellation: watched.scope});
      if (cancellation.reason !== undefined && outcome.status === 'failed') throw outcome.error;
      return outcome;
    } finally {
      watch.end(watched);
    }
  };
}

interface Watched {
  readonly scope: CancellationSource;
  readonly dueMs: number;
}

/** Times rollouts that all have the same limit: the first that began is the first that is due, so one timer does for all. */
class Watch {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #running = new Set<Watched>();
  #stopTimer: (() => void) | undefined;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  begin(cancellation: Cancellation): Watched {
    const scope = new CancellationSource(cancellation);
    const watched = {scope, dueMs: this.#clock.monotonic() + this.#timeoutMs};
    this.#running.add(watched);
    this.#stopTimer ??= this.#clock.setTimer(this.#timeoutMs, () => this.#look());
    return watched;
  }

  end(watched: Watched): void {
    watched.scope.release();
    this.#running.delete(watched);
    if (this.#running.size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Cuts off what is due. What came and went in the meantime has left the timer as it was. */
  #look(): void {
    this.#stopTimer = undefined;
    const nowMs = this.#clock.monotonic();
    for (const {scope, dueMs} of this.#running) {
      if (dueMs > nowMs) {
        this.#stopTimer ??= this.#clock.setTimer(dueMs - nowMs, () => this.#look());
        return;
      }
      scope.cancel(timedOut(this.#timeoutMs));
    }
  }
}

function timedOut(timeoutMs: number): CallError {
  return new CallError(`the rollout took longer than ${String(timeoutMs / 1000)} s`, {
    code: 'ERR_ROLLOUT_TIMEOUT',
    fault: 'agent',
    effect: 'retry',
    hint: "Raise the agent's rollout_timeout_s, or lower the concurrency if rollouts wait for their turn.",
  });
}
