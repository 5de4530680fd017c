import {type Problem, RollcallError} from '../core/errors.ts';

const maxListed = 100;

/** Collects what is wrong with an input, in the order found; beyond a hundred they are only counted. */
export class ProblemList {
  readonly #file: string;
  readonly #listed: Problem[] = [];
  #count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(problem: Problem): void {
    this.#count += 1;
    if (this.#listed.length < maxListed) this.#listed.push({file: this.#file, ...problem});
  }

  /** Throws `ERR_DATASET` with all of them, if there are any. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#listed.length;
    const rest: Problem[] = more > 0 ? [{message: `… and ${more} more problems`, file: this.#file}] : [];
    const count = this.#count === 1 ? 'a problem' : `${this.#count} problems`;
    throw new RollcallError(`the input ${this.#file} has ${count}; nothing was sent`, {
      code: 'ERR_DATASET',
      fault: 'dataset',
      problems: [...this.#listed, ...rest],
    });
  }
}
