import type {Writable} from 'node:stream';
import type {Clock} from '../core/clock.ts';

/** Takes lines for people and log collectors: work never waits for whoever reads them, nor fails with them. */
export interface LineSink {
  write(line: string): void;
  /** Hands over at once what was collected: before others write to the same stream, and at the end. */
  flush(): void;
}

// Nobody sees the difference, and a busy server makes one write of dozens of lines.
const delayMs = 10;
// A pager that nobody scrolls, a log collector that hangs: what they do not read must not fill the memory.
const mostWaiting = 1_048_576;

/**
 * A sink onto a stream. Lines of the same moment go out together; while more than a mebibyte waits for its reader lines are
 * left out, and counted when it reads again.
 */
export function createLineSink(stream: Writable, clock: Clock): LineSink {
  return new BatchingSink(stream, clock);
}

class BatchingSink implements LineSink {
  readonly #stream: Writable;
  readonly #clock: Clock;
  #text = '';
  #lines = 0;
  #leftOut = 0;
  #isReaderGone = false;
  #stopTimer: (() => void) | undefined;

  constructor(stream: Writable, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    // A full disk may have room again; who closed a pipe does not come back.
    stream.on('error', ({code}: NodeJS.ErrnoException) => {
      this.#isReaderGone ||= code === 'EPIPE';
    });
  }

  write(line: string): void {
    if (this.#isReaderGone) return;
    this.#text += `${line}\n`;
    this.#lines += 1;
    this.#stopTimer ??= this.#clock.setTimer(delayMs, () => this.flush());
  }

  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#lines === 0) return;
    if (this.#stream.writableLength > mostWaiting) this.#leftOut += this.#lines;
    else this.#stream.write(this.#takeNotice() + this.#text);
    this.#text = '';
    this.#lines = 0;
  }

  #takeNotice(): string {
    const lines = this.#leftOut;
    this.#leftOut = 0;
    return lines === 0 ? '' : `${lines} lines are missing here: they were not read in time.\n`;
  }
}
