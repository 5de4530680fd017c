const firstCapacity = 256;

type Cells = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * A growing column of numbers; NaN stands for "no value here". Whole numbers take one, two or four bytes as long as all are small
 * enough, as indices, tokens and most rewards are; any other number makes it eight for all.
 */
export class ValueColumn {
  #cells: Cells = new Uint8Array(firstCapacity);
  /** Stands for no value; undefined: NaN does. */
  #gap: number | undefined = 0xff;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  /** Writes the value of row `index`; rows that were left out before it have none. */
  set(index: number, value: number): void {
    if (!this.#fits(value)) this.#widen(value);
    if (index >= this.#cells.length) this.#grow(index + 1);
    const gap = this.#gap ?? Number.NaN;
    if (index > this.#length) this.#cells.fill(gap, this.#length, index);
    this.#cells[index] = Number.isNaN(value) ? gap : value;
    if (index >= this.#length) this.#length = index + 1;
  }

  /** The value of row `index`, or NaN. */
  at(index: number): number {
    const cell = index < this.#length ? this.#cells[index] : undefined;
    return cell === undefined || cell === this.#gap ? Number.NaN : cell;
  }

  /** The values of all rows, in a copy; in `room` if there is enough. */
  values(room?: Float64Array): Float64Array {
    const length = this.#length;
    const values =
      room !== undefined && room.length >= length ? room.subarray(0, length) : new Float64Array(length);
    for (let row = 0; row < length; row++) values[row] = this.at(row);
    return values;
  }

  /** The values in ascending order; not in a copy if they are so already, as the tasks of an input mostly are. */
  ascending(): {readonly length: number; readonly at: (place: number) => number | undefined} {
    for (let row = 1; row < this.#length; row++)
      if (!(this.at(row) >= this.at(row - 1))) return this.values().sort();
    return {length: this.#length, at: (place) => this.at(place)};
  }

  /** How many rows have a value that is so. */
  count(isSo: (value: number) => boolean): number {
    let count = 0;
    for (let row = 0; row < this.#length; row++) if (isSo(this.at(row))) count++;
    return count;
  }

  /** The values of some rows, in their order. */
  pick(rows: Float64Array): Float64Array {
    const picked = new Float64Array(rows.length);
    for (const [place, row] of rows.entries()) picked[place] = this.at(row);
    return picked;
  }

  #fits(value: number): boolean {
    const gap = this.#gap;
    return gap === undefined || Number.isNaN(value) || (isWhole(value) && value < gap);
  }

  #widen(value: number): void {
    const narrow = this.#gap;
    const before = this.#cells;
    const fits = isWhole(value);
    if (fits && value < 0xffff) [this.#cells, this.#gap] = [new Uint16Array(before.length), 0xffff];
    else if (fits && value < 0xffff_ffff)
      [this.#cells, this.#gap] = [new Uint32Array(before.length), 0xffff_ffff];
    else [this.#cells, this.#gap] = [new Float64Array(before.length), undefined];
    const gap = this.#gap ?? Number.NaN;
    for (let row = 0; row < this.#length; row++) {
      const cell = before[row] ?? 0;
      this.#cells[row] = cell === narrow ? gap : cell;
    }
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.ceil(this.#cells.length * 1.5));
    const grown = new (this.#cells.constructor as new (length: number) => Cells)(capacity);
    grown.set(this.#cells.subarray(0, this.#length));
    this.#cells = grown;
  }
}

/** Whether it is a whole number from 0 on; −0 is none, since it is written otherwise. */
function isWhole(value: number): boolean {
  return value >= 0 && Number.isInteger(value) && !Object.is(value, -0);
}
