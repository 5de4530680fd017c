const capacity = 512 * 1024;
// UTF-8 takes no more for what is one unit in a string.
const mostBytesAUnit = 3;

/**
 * Makes batches of lines into bytes, each batch in the place of the one before: a long run would otherwise fill the memory with
 * buffers that are used once. A batch is valid until the next is made.
 */
export class BatchBuffer {
  #buffer: Buffer | undefined;

  /** The lines as UTF-8, each with a line feed behind it. */
  encode(lines: readonly string[]): Buffer {
    const units = lines.reduce((sum, {length}) => sum + length + 1, 0);
    if (units * mostBytesAUnit > capacity) return Buffer.from(`${lines.join('\n')}\n`);
    const buffer = (this.#buffer ??= Buffer.allocUnsafeSlow(capacity));
    let end = 0;
    for (const line of lines) {
      end += buffer.write(line, end);
      buffer[end++] = 10;
    }
    return buffer.subarray(0, end);
  }
}
