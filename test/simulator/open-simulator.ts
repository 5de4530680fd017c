import {request} from 'undici';
import {expect} from 'vitest';
import type {Clock} from '../../src/core/clock.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {LedgerEntry, LedgerSummary} from '../../src/simulator/control/ledger.ts';
import {parseSimulatorSettings} from '../../src/simulator/settings/parse-simulator-settings.ts';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: ReplyJson;
}

/** What replies of every shape hold, so that a test can read what it expects to be there. */
export interface ReplyJson {
  readonly id: string;
  readonly type: string;
  readonly object: string;
  readonly model: string;
  readonly message: string;
  readonly error: {readonly code: string | null; readonly message: string; readonly param: string | null};
  readonly choices: Some<ReplyChoice>;
  readonly prompt_filter_results: readonly {readonly content_filter_results: {readonly jailbreak: unknown}}[];
  readonly usage: {
    readonly completion_tokens: number;
    readonly completion_tokens_details: {readonly reasoning_tokens: number};
    readonly output_tokens_details: {readonly reasoning_tokens: number};
  };
  readonly output: Some<
    JsonObject & {
      readonly type: string;
      readonly call_id: string;
      readonly content: Some<{readonly text: string}>;
    }
  >;
  readonly content_filters: Some<{readonly blocked: boolean; readonly source_type: string}>;
  readonly response: JsonObject;
  readonly sequence_number: number;
  readonly delta: string;
  readonly data: Some<{readonly id: string}>;
  readonly entries: readonly LedgerEntry[];
  readonly summary: LedgerSummary;
  readonly requests: number;
}

interface ReplyCall {
  readonly id: string;
  readonly function: {readonly name?: string; readonly arguments: string};
}

interface ReplyMessage {
  readonly content: string;
  readonly tool_calls: Some<ReplyCall>;
}

export interface ReplyChoice {
  readonly index: number;
  readonly finish_reason: string | null;
  readonly message: ReplyMessage & JsonObject;
  readonly delta: Partial<ReplyMessage>;
  readonly logprobs: {
    readonly content: Some<{
      readonly token: string;
      readonly top_logprobs: readonly {readonly logprob: number}[];
    }>;
  };
}

export interface TestSimulator extends Simulator {
  /** Posts to chat completions of `gpt-4o` by default. */
  chat(body: JsonObject, options?: CallOptions): Promise<Answered>;
  responses(body: JsonObject, options?: CallOptions): Promise<Answered>;
  send(path: string, options?: CallOptions & {body?: unknown; method?: string}): Promise<Answered>;
}

/** At least one, as a test that reads the first expects. */
type Some<T> = readonly [T, ...T[]];

interface CallOptions {
  readonly deployment?: string;
  readonly apiVersion?: string;
  readonly headers?: Record<string, string | undefined>;
}

/** A simulator on a free port, with one gpt-4o that accepts any key unless the settings say otherwise. */
export async function openSimulator(
  settings: JsonObject = {},
  {clock = createFakeClock(), files = {}}: {clock?: Clock; files?: Record<string, string>} = {},
): Promise<TestSimulator> {
  const parsed = parseSimulatorSettings({deployments: {'gpt-4o': {}}, ...settings}, {sourceDir: '/data'});
  const simulator = await startSimulator(parsed, {
    clock,
    host: '127.0.0.1',
    port: 0,
    readTextFile: (path) =>
      files[path] === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(files[path]),
  });
  const send: TestSimulator['send'] = async (
    path,
    {body, method = body === undefined ? 'GET' : 'POST', headers} = {},
  ) => {
    const response = await request(simulator.url + path, {
      method: method as 'POST',
      headers: definedOnly({'api-key': 'any-key', 'content-type': 'application/json', ...headers}),
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    return {status: response.statusCode, headers: response.headers, text, json: parseOrUndefined(text)};
  };
  return {
    ...simulator,
    send,
    chat: (body, {deployment = 'gpt-4o', apiVersion = '2025-04-01-preview', ...rest} = {}) =>
      send(`/openai/deployments/${deployment}/chat/completions?api-version=${apiVersion}`, {body, ...rest}),
    responses: (body, {apiVersion = '2025-04-01-preview', ...rest} = {}) =>
      send(`/openai/responses?api-version=${apiVersion}`, {body: {model: 'gpt-4o', ...body}, ...rest}),
  };
}

/** A chat request of one user message. */
export function ask(content: string, more: JsonObject = {}): JsonObject {
  return {messages: [{role: 'user', content}], ...more};
}

/** The JSON documents of a stream's `data:` lines; `[DONE]` as it is. */
export function framesOf(text: string): Some<ReplyJson> {
  const frames = text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)) as ReplyJson);
  return frames as unknown as Some<ReplyJson>;
}

/** The first choice of each frame that has one. */
export function firstChoices(frames: readonly ReplyJson[]): readonly ReplyChoice[] {
  return frames.flatMap((frame) => ((frame.choices as readonly ReplyChoice[] | undefined) ?? []).slice(0, 1));
}

/** `expect.stringContaining`, with a type that lint can follow. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

/** `expect.stringMatching`, with a type that lint can follow. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

/** Turns the event loop until `ready` holds: for what arrives over a socket while time stands still. */
export async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setImmediate(resolve));
}

function parseOrUndefined(text: string): ReplyJson {
  try {
    return JSON.parse(text) as ReplyJson;
  } catch {
    return undefined as unknown as ReplyJson;
  }
}

function definedOnly(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
