/** Thrown inside the translation of a regular expression that Python refuses or JS cannot express. */
export class Untranslatable extends Error {
  static {
    Untranslatable.prototype.name = 'Untranslatable';
  }
}

/** A pattern's code points, read from left to right. Reading past the end is `Untranslatable`. */
export class PatternReader {
  readonly #points: readonly string[];
  #index = 0;

  constructor(source: string) {
    this.#points = Array.from(source);
  }

  get atEnd(): boolean {
    return this.#index >= this.#points.length;
  }

  /** The code point `ahead` of the place, or an empty string behind the end. */
  peek(ahead = 0): string {
    return this.#points[this.#index + ahead] ?? '';
  }

  next(): string {
    const point = this.#points[this.#index++];
    if (point === undefined) throw new Untranslatable('the pattern ends too early');
    return point;
  }

  /** Reads `text` if it comes next. */
  eat(text: string): boolean {
    const points = Array.from(text);
    if (points.some((point, ahead) => this.peek(ahead) !== point)) return false;
    this.#index += points.length;
    return true;
  }

  /** Reads up to `count` code points that match. */
  takeUpTo(count: number, pattern: RegExp): string {
    let out = '';
    while (Array.from(out).length < count && pattern.test(this.peek())) out += this.next();
    return out;
  }

  /** Reads exactly `count` code points that match. */
  take(count: number, pattern: RegExp): string {
    const out = this.takeUpTo(count, pattern);
    if (out.length !== count) throw new Untranslatable('an incomplete escape');
    return out;
  }

  /** Reads to `end` and past it; returns what stood before it. */
  takeUntil(end: string): string {
    let out = '';
    for (let point = this.next(); point !== end; point = this.next()) out += point;
    return out;
  }
}

/** A character as JS source that means itself, in and outside a class under the flag `v`. */
export function literal(char: string): string {
  return /[\p{L}\p{N}]/u.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}
