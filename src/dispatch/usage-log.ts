// Fine enough beside windows of ten seconds and a minute.
const pieceMs = 50;
const pieces = 1_240;

/** What was sent within a piece of time. */
export interface Usage {
  calls: number;
  tokens: number;
}

/**
 * What was sent in the last minute, twentieth of a second by twentieth. Nothing is allocated for a call: this is kept of deployments
 * that may have no quota at all. Times are the clock's monotonic milliseconds.
 */
export class UsageLog {
  readonly #calls = new Float64Array(pieces);
  readonly #tokens = new Float64Array(pieces);
  /** The piece that was added to last. */
  #last = -1;

  add(nowMs: number, tokens: number): void {
    const piece = Math.floor(nowMs / pieceMs);
    for (let next = Math.max(this.#last + 1, piece - pieces + 1); next <= piece; next++) {
      this.#calls[next % pieces] = 0;
      this.#tokens[next % pieces] = 0;
    }
    this.#last = Math.max(this.#last, piece);
    const at = piece % pieces;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#tokens[at] = (this.#tokens[at] ?? 0) + tokens;
  }

  /** When the piece begins that a time is in. */
  startOf(atMs: number): number {
    return Math.floor(atMs / pieceMs) * pieceMs;
  }

  /** The tokens of a call are given back; that it was sent stays. */
  takeTokens(atMs: number, tokens: number): void {
    const piece = Math.floor(atMs / pieceMs);
    const at = piece % pieces;
    if (piece > this.#last - pieces) this.#tokens[at] = Math.max(0, (this.#tokens[at] ?? 0) - tokens);
  }

  /** What was sent after a time, up to another one included, as far as it is remembered. */
  between(fromMs: number, toMs: number): Usage {
    const usage = {calls: 0, tokens: 0};
    this.eachPiece((atMs, {calls, tokens}) => {
      if (atMs <= fromMs - pieceMs || atMs > toMs) return;
      usage.calls += calls;
      usage.tokens += tokens;
    });
    return usage;
  }

  /** Visits what is remembered, the oldest piece first. */
  eachPiece(visit: (atMs: number, usage: Usage) => void): void {
    for (let piece = Math.max(0, this.#last - pieces + 1); piece <= this.#last; piece++) {
      const at = piece % pieces;
      visit(piece * pieceMs, {calls: this.#calls[at] ?? 0, tokens: this.#tokens[at] ?? 0});
    }
  }
}
