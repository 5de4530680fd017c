import type {ServerResponse} from 'node:http';
import {type Cancellation, throwIfCancelled} from '../../core/cancellation.ts';
import type {Clock} from '../../core/clock.ts';
import {CancelledError} from '../../core/errors.ts';

export interface FlowControl {
  readonly clock: Clock;
  /** Cancelled when the client goes away. */
  readonly cancellation: Cancellation;
}

export interface ChunkOptions extends FlowControl {
  /** Told of each chunk before it goes out. */
  readonly onChunk: (chunk: Uint8Array) => void;
}

// Who reads nothing for so long does not mean to: its connection would stay for ever.
const stalledMs = 300_000;

/**
 * Writes chunks one by one as they come and asks for the next only when the client has room, so that a slow reader holds
 * the source back and grows no memory. Fails with the cancellation's reason when the client goes away; the source is then left.
 */
export async function sendChunks(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  {onChunk, ...flow}: ChunkOptions,
): Promise<void> {
  for await (const chunk of chunks) {
    throwIfCancelled(flow.cancellation);
    if (chunk.length === 0) continue;
    onChunk(chunk);
    if (!response.write(chunk)) await eventOf(response, 'drain', flow);
  }
  throwIfCancelled(flow.cancellation);
}

/** Resolves when an ended response has left this process. Fails as `sendChunks` does. */
export async function flushed(response: ServerResponse, flow: FlowControl): Promise<void> {
  // Most replies fit into the socket's buffer and are gone at once.
  if (response.writableLength > 0) await eventOf(response, 'finish', flow);
}

function eventOf(
  response: ServerResponse,
  event: 'drain' | 'finish',
  {clock, cancellation}: FlowControl,
): Promise<void> {
  throwIfCancelled(cancellation);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      response.off(event, onEvent);
      stopTimer();
      stopListening();
    };
    const onEvent = (): void => {
      stop();
      resolve();
    };
    const onCancelled = (reason: Error): void => {
      stop();
      reject(reason);
    };
    response.on(event, onEvent);
    const stopTimer = clock.setTimer(stalledMs, () => {
      response.destroy();
      onCancelled(new CancelledError('the client does not read'));
    });
    const stopListening = cancellation.onCancel(onCancelled);
  });
}
