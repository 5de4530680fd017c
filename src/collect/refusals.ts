import type {CallError} from '../core/errors.ts';
import type {FailedOutcome, Outcome} from '../core/rollout.ts';

// So many refusals of the same kind, and not one answer, are no accident of a row.
const refusalsToBelieve = 10;

/**
 * Tells a refused setting from a refused row. A call refused for its parameters (`effect: settings`) may be one bad row or
 * every row: until one rollout gets an answer such failures are held back, and when none does, they end the run instead.
 */
export class Refusals {
  #answered: boolean;
  #held: FailedOutcome[] = [];

  /** `answered`: the settings are known to work. */
  constructor(answered: boolean) {
    this.#answered = answered;
  }

  /** The outcomes that may be recorded now; throws the refusal once it is clear that no call can succeed. */
  sift(outcome: Outcome): readonly Outcome[] {
    if (this.#answered) return [outcome];
    if (outcome.status === 'failed' && outcome.error.effect === 'settings') {
      this.#held.push(outcome);
      if (this.#held.length >= refusalsToBelieve) throw outcome.error;
      return [];
    }
    if (outcome.status === 'failed' && outcome.response === undefined) return [outcome];
    this.#answered = true;
    const released = [...this.#held, outcome];
    this.#held = [];
    return released;
  }

  /** The refusal that ended the run, if everything that was tried was refused. */
  get unanswered(): CallError | undefined {
    return this.#held[0]?.error;
  }
}
