const slotsPerChunk = 65_536;
const wordsPerKey = 4;

/**
 * Numbers 128-bit keys (four 32-bit words) in the order in which they first come: 24 bytes or so a key, where a
 * `Map` of strings takes over a hundred. Nothing is ever removed.
 */
export class KeyTable {
  /** How many different keys there are; their slots are 0 to size − 1. */
  size = 0;
  readonly #chunks: Uint32Array[] = [];
  #heads = new Uint32Array(1024);

  /** The key's slot; one that was not there gets the next. */
  intern(a: number, b: number, c: number, d: number): number {
    const position = this.#position(a, b, c, d);
    const head = this.#heads[position] ?? 0;
    if (head !== 0) return head - 1;
    const slot = this.size++;
    this.#store(slot, a, b, c, d);
    this.#heads[position] = slot + 1;
    if (this.size > this.#heads.length * 0.6) this.#grow();
    return slot;
  }

  /** The key's slot, or −1. */
  find(a: number, b: number, c: number, d: number): number {
    return (this.#heads[this.#position(a, b, c, d)] ?? 0) - 1;
  }

  /** The four words of the key in a slot. */
  keyAt(slot: number): Uint32Array {
    const at = (slot % slotsPerChunk) * wordsPerKey;
    return (this.#chunks[Math.floor(slot / slotsPerChunk)] ?? this.#heads).subarray(at, at + wordsPerKey);
  }

  /** Where the key's head is, or the free place where it belongs. */
  #position(a: number, b: number, c: number, d: number): number {
    const mask = this.#heads.length - 1;
    let position = mix(a, b, c, d) & mask;
    for (;;) {
      const head = this.#heads[position] ?? 0;
      if (head === 0 || this.#holds(head - 1, a, b, c, d)) return position;
      position = (position + 1) & mask;
    }
  }

  // eslint-disable-next-line max-params -- an array of the words for each probe would be most of a look-up's cost
  #holds(slot: number, a: number, b: number, c: number, d: number): boolean {
    const chunk = this.#chunks[Math.floor(slot / slotsPerChunk)];
    const at = (slot % slotsPerChunk) * wordsPerKey;
    return (
      chunk?.[at] === a >>> 0 &&
      chunk[at + 1] === b >>> 0 &&
      chunk[at + 2] === c >>> 0 &&
      chunk[at + 3] === d >>> 0
    );
  }

  // eslint-disable-next-line max-params -- as above
  #store(slot: number, a: number, b: number, c: number, d: number): void {
    if (slot % slotsPerChunk === 0) this.#chunks.push(new Uint32Array(slotsPerChunk * wordsPerKey));
    const chunk = this.#chunks[this.#chunks.length - 1];
    const at = (slot % slotsPerChunk) * wordsPerKey;
    if (chunk === undefined) return;
    chunk[at] = a;
    chunk[at + 1] = b;
    chunk[at + 2] = c;
    chunk[at + 3] = d;
  }

  #grow(): void {
    const heads = new Uint32Array(this.#heads.length * 2);
    const mask = heads.length - 1;
    for (let slot = 0; slot < this.size; slot++) {
      const chunk = this.#chunks[Math.floor(slot / slotsPerChunk)] ?? heads;
      const at = (slot % slotsPerChunk) * wordsPerKey;
      let position = mix(chunk[at] ?? 0, chunk[at + 1] ?? 0, chunk[at + 2] ?? 0, chunk[at + 3] ?? 0) & mask;
      while (heads[position] !== 0) position = (position + 1) & mask;
      heads[position] = slot + 1;
    }
    this.#heads = heads;
  }
}

function mix(a: number, b: number, c: number, d: number): number {
  let hash =
    Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d) ^ Math.imul(d, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
