import type {Clock} from '../core/clock.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {openLineWriter, type WriteObserver} from '../runtime/line-writer.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {type Checkpoint, chainStart, encodeCheckpoint, LineChain} from './line-chain.ts';
import type {OutputPaths} from './output-paths.ts';

/** Hashes what an output takes and keeps the checkpoints beside it. */
export interface ChainWriter {
  /** For the output's own writer. */
  readonly observer: WriteObserver;
  /** The last checkpoint. */
  readonly head: Checkpoint;
  /** Ends the last block and closes the file. Fails with `ERR_STORE_WRITE`. */
  close(): Promise<void>;
}

export interface ChainWriterOptions {
  readonly clock: Clock;
  /** Where the chain goes on; at the start if not given. */
  readonly head?: Checkpoint | undefined;
  readonly onFailure?: ((error: Error) => void) | undefined;
}

// As many as a batch has when it need not wait. A fast run has larger ones, and blocks as large.
const blockLines = 64;

/**
 * Opens the checkpoints of an output, before the output itself. A block ends with the batch that brings 64 lines, or when the
 * output is made safe from a loss of power. Undefined for a pipe or a device, of which nobody can read again what it took. Fails
 * with `ERR_STORE_WRITE`.
 */
export async function openChainWriter(
  {output, chain: path}: OutputPaths,
  {clock, head = chainStart, onFailure}: ChainWriterOptions,
): Promise<ChainWriter | undefined> {
  if ((await pathExists(output)) && !(await isRegularFile(output))) return undefined;
  const checkpoints = await openLineWriter(path, {clock, append: true, onFailure});
  const chain = new LineChain(head);
  const seal = (): void => {
    const checkpoint = chain.seal();
    // A failure has been told, and is told again when it is closed.
    if (checkpoint !== undefined) checkpoints.write(encodeCheckpoint(checkpoint))?.catch(() => undefined);
  };
  return {
    observer: {
      appended(bytes, lines) {
        chain.add(bytes, lines);
        if (chain.openLines >= blockLines) seal();
      },
      synced: seal,
    },
    get head() {
      return chain.head;
    },
    close() {
      seal();
      return checkpoints.close();
    },
  };
}
