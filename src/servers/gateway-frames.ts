/**
 * Cuts a stream of server-sent events behind whole frames, so that it can be ended between any two chunks. Chunks that
 * end with a frame pass as they are.
 */
export class FrameCutter {
  #held: Uint8Array[] = [];
  // An empty line may begin in one chunk and end in the next.
  #lastBytes: Uint8Array = Buffer.alloc(0);

  /** What of the stream is whole by this chunk; undefined when no frame is. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const end = endOfFrames(Buffer.concat([this.#lastBytes, chunk])) - this.#lastBytes.length;
    this.#lastBytes = chunk.subarray(-(longestEnd - 1));
    if (end <= 0) {
      this.#held.push(chunk);
      return undefined;
    }
    const whole = [...this.#held, chunk.subarray(0, end)];
    this.#held = end === chunk.length ? [] : [chunk.subarray(end)];
    return whole.length === 1 ? whole[0] : Buffer.concat(whole);
  }

  /** What is left at the stream's own end, whole or not. */
  rest(): Uint8Array | undefined {
    const held = this.#held;
    this.#held = [];
    return held.length === 0 ? undefined : Buffer.concat(held);
  }
}

const frameEnds = ['\n\n', '\r\n\r\n', '\r\r'];
const longestEnd = 4;

/** The index behind the last empty line; 0 without one. */
function endOfFrames(bytes: Buffer): number {
  return Math.max(
    ...frameEnds.map((end) => {
      const at = bytes.lastIndexOf(end);
      return at === -1 ? 0 : at + end.length;
    }),
  );
}
