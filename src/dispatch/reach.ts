import type {CallError} from '../core/errors.ts';

/** Whether a deployment can be reached, told from all calls to it. Time without calls is no silence. */
export class Reach {
  #hasAnswered = false;
  #unreachableSince: number | undefined;

  onAnswer(): void {
    this.#hasAnswered = true;
    this.#unreachableSince = undefined;
  }

  onFailure({httpStatus, unreachable}: CallError, nowMs: number): void {
    if (httpStatus !== undefined) this.onAnswer();
    else if (unreachable) this.#unreachableSince ??= nowMs;
  }

  /** Milliseconds since the first call that did not reach it after its last answer; undefined if it never answered. */
  silentMs(nowMs: number): number | undefined {
    return this.#hasAnswered ? nowMs - (this.#unreachableSince ?? nowMs) : undefined;
  }
}
