import type {Writable} from 'node:stream';
import type {Clock} from '../core/clock.ts';
import type {Redact, Sink} from '../core/ports.ts';
import {createStreamWriter, type LineWriter, openLineWriter} from '../runtime/line-writer.ts';
import {encodeFailure, encodeRollout} from './encode-record.ts';
import type {OutputPaths} from './output-paths.ts';

export interface SinkOptions {
  readonly clock: Clock;
  /** Applied to each line before it is written. */
  readonly redact: Redact;
  /** Told at once when nothing can be kept any more: stop dispatching. */
  readonly onFailure?: ((error: Error) => void) | undefined;
}

export interface FileSinkOptions extends SinkOptions {
  readonly paths: OutputPaths;
  /** Goes on with what is there, whose torn tails `readJournal` has cut; without it both must be empty or not there. */
  readonly append: boolean;
}

/**
 * Opens the output and its failures file (made even if it stays empty). Lines go out in batches of 64 or after 50 ms,
 * in the order of `write`, and are safe from a loss of power a second later. Fails with `ERR_STORE_WRITE`.
 */
export async function openSink({paths, append, ...options}: FileSinkOptions): Promise<Sink> {
  const rollouts = await openLineWriter(paths.output, {...options, append});
  try {
    const failures = await openLineWriter(paths.failures, {...options, append});
    return sinkOf(rollouts, failures, options.redact);
  } catch (error) {
    await rollouts.close();
    throw error;
  }
}

/** Completed rollouts onto a stream, for `--output -`. Failed ones have no file then; the summary tells them. */
export function createStreamSink(stream: Writable, options: SinkOptions): Sink {
  return sinkOf(createStreamWriter(stream, 'standard output', options), undefined, options.redact);
}

function sinkOf(rollouts: LineWriter, failures: LineWriter | undefined, redact: Redact): Sink {
  return {
    write(outcome) {
      return outcome.status === 'completed'
        ? rollouts.write(redact(encodeRollout(outcome)))
        : failures?.write(redact(encodeFailure(outcome)));
    },
    async close() {
      const closed = await Promise.allSettled([rollouts.close(), failures?.close()]);
      for (const result of closed) if (result.status === 'rejected') throw result.reason;
    },
  };
}
