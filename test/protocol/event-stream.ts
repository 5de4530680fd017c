import {readFileSync} from 'node:fs';
import {asString, isJsonObject, type JsonObject} from '../../src/core/json.ts';
import {EventDecoder, type ServerSentEvent} from '../../src/protocol/server-sent-events.ts';

/** A file of test/fixtures/protocol. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/protocol/${name}`, import.meta.url), 'utf8');
}

/** The frames of a captured stream. */
export function frames(name: string): readonly JsonObject[] {
  return fixture(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseObject(line));
}

export function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error('not a JSON object');
  return value;
}

/** Chat frames on the wire, `[DONE]` included unless told otherwise. */
export function chatWire(sent: readonly JsonObject[], {done = true} = {}): Uint8Array {
  const lines = sent.map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
  return Buffer.from(lines.join('') + (done ? 'data: [DONE]\n\n' : ''));
}

/** Responses events on the wire, each under its name. */
export function responsesWire(sent: readonly JsonObject[]): Uint8Array {
  const lines = sent.map(
    (frame) => `event: ${asString(frame['type']) ?? ''}\ndata: ${JSON.stringify(frame)}\n\n`,
  );
  return Buffer.from(lines.join(''));
}

interface Accumulator {
  add(event: ServerSentEvent): void;
  finish(): JsonObject;
}

/** Decodes the chunks and puts them together. */
export function accumulate(accumulator: Accumulator, ...chunks: readonly Uint8Array[]): JsonObject {
  const decoder = new EventDecoder();
  for (const chunk of chunks) for (const event of decoder.push(chunk)) accumulator.add(event);
  for (const event of decoder.end()) accumulator.add(event);
  return accumulator.finish();
}

/** What `run` throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
