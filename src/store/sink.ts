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
import {type ChainWriter, openChainWriter} from './chain-writer.ts';
import {encodeFailure, encodeRollout} from './encode-record.ts';
import type {Checkpoint} from './line-chain.ts';
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
  /** Where the hash over the output's lines goes on, as `readJournal` has found; at the start if not given. */
  readonly chainHead?: Checkpoint | undefined;
  /** Opens each of the two; Node's own way if not given. */
  readonly openFile?: FileWriterOptions['openFile'];
}

export interface FileSink extends Sink {
  /** The last checkpoint of the hash over the output's lines, once all is closed and safe; undefined where there is none. */
  readonly chainHead: Checkpoint | undefined;
}

/**
 * Opens the output, its failures file (made even if it stays empty) and the checkpoints of its lines. Lines go out in batches of
 * 64 or after 10 ms, in the order of `write`, and are safe from a loss of power a second later. Fails with `ERR_STORE_WRITE`.
 */
export async function openSink({
  paths,
  append,
  chainHead,
  openFile,
  ...options
}: FileSinkOptions): Promise<FileSink> {
  const completed = writerOptions('completed', options);
  const failed = writerOptions('failed', options);
  const chain = await openChainWriter(paths, {...completed, head: chainHead});
  const opened: {close(): Promise<void>}[] = chain === undefined ? [] : [chain];
  try {
    const observer = chain?.observer;
    const rollouts = await openLineWriter(paths.output, {...completed, append, openFile, observer});
    opened.unshift(rollouts);
    const failures = await openLineWriter(paths.failures, {...failed, append, openFile});
    return new ChainedSink(sinkOf(rollouts, failures, options.redact), chain);
  } catch (error) {
    for (const each of opened) await each.close().catch(() => undefined);
    throw error;
  }
}

class ChainedSink implements FileSink {
  readonly #sink: Sink;
  readonly #chain: ChainWriter | undefined;
  #isSafe = false;

  constructor(sink: Sink, chain: ChainWriter | undefined) {
    this.#sink = sink;
    this.#chain = chain;
  }

  get chainHead(): Checkpoint | undefined {
    return this.#isSafe ? this.#chain?.head : undefined;
  }

  write(outcome: Outcome): Promise<void> | undefined {
    return this.#sink.write(outcome);
  }

  /** The output first: its last lines belong to the last checkpoint. */
  async close(): Promise<void> {
    const closed = [await settled(this.#sink.close()), await settled(this.#chain?.close())];
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
    this.#isSafe = true;
  }
}

async function settled(ending: Promise<void> | undefined): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([ending]);
  return result;
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
