// What is older says less of what comes, and one giant must not count for ever.
const remembered = 128;

/** The largest of the last values seen, with a margin that shrinks as more of them are known. */
export class UpperValue {
  readonly #values: number[] = [];
  readonly #margin: number;
  #seen = 0;

  /** `margin`: the share by which the next value may be larger than the only one that is known. */
  constructor(margin: number) {
    this.#margin = margin;
  }

  add(value: number): void {
    this.#values[this.#seen % remembered] = value;
    this.#seen++;
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    if (this.#seen === 0) return undefined;
    let largest = 0;
    for (const value of this.#values) if (value > largest) largest = value;
    return largest * (1 + this.#margin / this.#seen);
  }
}
