const firstCapacity = 256;

/** A growing column of numbers, eight bytes each; NaN stands for "no value here". */
export class ValueColumn {
  #values = new Float64Array(firstCapacity);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  /** Writes the value of row `index`; rows that were left out before it have none. */
  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1);
    if (index > this.#length) this.#values.fill(Number.NaN, this.#length, index);
    this.#values[index] = value;
    this.#length = Math.max(this.#length, index + 1);
  }

  /** The value of row `index`, or NaN. */
  at(index: number): number {
    return index < this.#length ? (this.#values[index] ?? Number.NaN) : Number.NaN;
  }

  /** The rows so far, without a copy: valid until the next write. */
  view(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** A copy that is `rows` long. */
  padded(rows: number): Float64Array {
    const padded = new Float64Array(rows).fill(Number.NaN, this.#length);
    padded.set(this.view());
    return padded;
  }

  /** The values of some rows, in their order. */
  pick(rows: Uint32Array): Float64Array {
    const picked = new Float64Array(rows.length);
    for (const [place, row] of rows.entries()) picked[place] = this.at(row);
    return picked;
  }

  #grow(needed: number): void {
    const grown = new Float64Array(Math.max(needed, Math.ceil(this.#values.length * 1.5)));
    grown.set(this.view());
    this.#values = grown;
  }
}
