const cellsPerChunk = 65_536;

/** A list of numbers that grows without copying: 4 bytes a cell for counts below 2^32, 8 for any number. */
export class NumberColumn {
  length = 0;
  readonly #chunks: (Uint32Array | Float64Array)[] = [];
  readonly #cell: 'uint32' | 'float64';

  constructor(cell: 'uint32' | 'float64') {
    this.#cell = cell;
  }

  /** The cell's number; 0 where none was set. */
  get(index: number): number {
    return this.#chunks[Math.floor(index / cellsPerChunk)]?.[index % cellsPerChunk] ?? 0;
  }

  /** Sets a cell; the cells between it and the end so far are 0. */
  set(index: number, value: number): void {
    while (this.#chunks.length * cellsPerChunk <= index) {
      this.#chunks.push(
        this.#cell === 'uint32' ? new Uint32Array(cellsPerChunk) : new Float64Array(cellsPerChunk),
      );
    }
    const chunk = this.#chunks[Math.floor(index / cellsPerChunk)];
    if (chunk !== undefined) chunk[index % cellsPerChunk] = value;
    if (index >= this.length) this.length = index + 1;
  }

  push(value: number): void {
    this.set(this.length, value);
  }
}
