import {request} from 'undici';
import type {Clock} from '../../src/core/clock.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {parseSimulatorSettings} from '../../src/simulator/settings/parse-simulator-settings.ts';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // Tests read into replies of every shape.
  // biome-ignore lint: a reply may be anything
  readonly json: any;
}

export interface TestSimulator extends Simulator {
  /** Posts to chat completions of `gpt-4o` by default. */
  chat(body: JsonObject, options?: CallOptions): Promise<Answered>;
  responses(body: JsonObject, options?: CallOptions): Promise<Answered>;
  send(path: string, options?: CallOptions & {body?: unknown; method?: string}): Promise<Answered>;
}

export interface CallOptions {
  readonly deployment?: string;
  readonly apiVersion?: string;
  readonly headers?: Record<string, string>;
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
      headers: {'api-key': 'any-key', 'content-type': 'application/json', ...headers},
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
// biome-ignore lint: a frame may be anything
export function framesOf(text: string): any[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
}

/** Turns the event loop until `ready` holds: for what arrives over a socket while time stands still. */
export async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setImmediate(resolve));
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
