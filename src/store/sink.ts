import type {Writable} from 'node:stream';
import type {Clock} from '../core/clock.ts';
import type {Redact, Sink} from '../core/ports.ts';
import type {Outcome} from '../core/rollout.ts';
import {
  createStreamWriter,
  type FileWriterOptions,
  type LineWriter,
  type LineWriterOptions,
  openLineWriter,
} from '../runtime/line-writer.ts';
import {encodeFailure, encodeRollout} from './encode-record.ts';
import type {OutputPaths} from './output-paths.ts';

export interface SinkOptions {
  readonly clock: Clock;
  /** Applied to each line before it is written. */
  readonly redact: Redact;
  /** Told at once when rollouts of that status cannot be kept any more: stop dispatching, and what runs for nothing. */
  readonly onFailure?: ((error: Error, lost: Outcome['status']) => void) | undefined;
}

export interface FileSinkOptions extends SinkOptions {
  readonly paths: OutputPaths;
  /** Goes on with what is there, whose torn tails `readJournal` has cut; without it both must be empty or not there. */
  readonly append: boolean;
  /** Opens each of the two; Node's own way if not given. */
  readonly openFile?: FileWriterOptions['openFile'];
}

/**
 * Opens the output and its failures file (made even if it stays empty). Lines go out in batches of 64 or after 50 ms,
 * in the order of `write`, and are safe from a loss of power a second later. Fails with `ERR_STORE_WRITE`.
 */
export async function openSink({paths, append, openFile, ...options}: FileSinkOptions): Promise<Sink> {
  const rollouts = await openLineWriter(paths.output, {
    ...writerOptions('completed', options),
    append,
    openFile,
  });
  try {
    const failed = {...writerOptions('failed', options), append, openFile};
    return sinkOf(rollouts, await openLineWriter(paths.failures, failed), options.redact);
  } catch (error) {
    await rollouts.close();
    throw error;
  }
}

/** Completed rollouts onto a stream, for `--output -`. Failed ones have no file then; the summary tells them. */
export function createStreamSink(stream: Writable, options: SinkOptions): Sink {
  const writer = createStreamWriter(stream, 'standard output', writerOptions('completed', options));
  return sinkOf(writer, undefined, options.redact);
}

function writerOptions(lost: Outcome['status'], {clock, onFailure}: SinkOptions): LineWriterOptions {
  return {clock, onFailure: (error) => onFailure?.(error, lost)};
}

function sinkOf(rollouts: LineWriter, failures: LineWriter | undefined, redact: Redact): Sink {
  return {
    write(outcome) {
      if (outcome.status === 'completed') return rollouts.write(redact(encodeRollout(outcome)));
      // A failed attempt that cannot be kept is owed again. What is in flight may still be completed, and is paid for: it is
      // kept, nothing more is started (`onFailure`), and `close` throws.
      return failures?.write(redact(encodeFailure(outcome)))?.catch(() => undefined);
    },
    async close() {
      const closed = await Promise.allSettled([rollouts.close(), failures?.close()]);
      for (const result of closed) if (result.status === 'rejected') throw result.reason;
    },
  };
}
