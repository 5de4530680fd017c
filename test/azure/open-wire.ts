import type {Socket} from 'node:net';
import {type AzureClientOptions, createAzureClient} from '../../src/azure/client.ts';
import {type CredentialSettings, createCredentials} from '../../src/azure/credentials.ts';
import {type EndpointInput, normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {type AzureWire, type AzureWireSettings, createAzureWire} from '../../src/azure/wire.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {createRedactor} from '../../src/core/redact.ts';
import type {WireAnswer} from '../../src/core/wire.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {chunkedHead, httpChunk, openScriptedServer, type ScriptedServer} from './scripted-server.ts';

export const ask = {cancellation: neverCancelled};

export interface WireSetting {
  readonly settings?: Partial<AzureWireSettings>;
  readonly credentials?: CredentialSettings;
  readonly endpoint?: Partial<EndpointInput>;
  readonly client?: Partial<AzureClientOptions>;
}

export interface OpenWire extends ScriptedServer, AzureWire {
  readonly clock: FakeClock;
  readonly notes: string[];
  /** The body of the last request. */
  sent(): JsonObject;
  /** Path and query of the last request. */
  path(): string | undefined;
}

/** A wire on a server that answers with `script`: a text to write, or whatever it does with the socket. */
export async function openWire(
  script: string | ((socket: Socket, request: string, index: number) => void),
  {settings, credentials = {apiKey: 'key-123456'}, endpoint: input, client: options}: WireSetting = {},
): Promise<OpenWire> {
  const server = await openScriptedServer(
    typeof script === 'string' ? (socket) => socket.write(script) : script,
  );
  const clock = createFakeClock();
  const notes: string[] = [];
  const redactor = createRedactor();
  const endpoint = normalizeEndpoint({baseUrl: `${server.origin}/openai?api-version=2024-10-21`, ...input});
  const deployment = settings !== undefined && 'deployment' in settings ? settings.deployment : 'dep';
  const client = createAzureClient({
    ...{endpoint, deployment, clock, redact: redactor.redact, userAgent: 'rollcall/test'},
    credentials: createCredentials(credentials, {clock, onSecret: (secret) => redactor.add(secret)}),
    newRequestId: () => 'id',
    ...options,
  });
  const {model, notices} = createAzureWire(
    {endpoint, deployment, isPassthrough: credentials.passthrough, ...settings},
    {client, clock, createId: (prefix) => `${prefix}_id`, onNote: (note) => notes.push(note)},
  );
  return {
    ...server,
    ...{model, notices, clock, notes},
    sent: () => JSON.parse(server.requests.at(-1)?.split('\r\n\r\n')[1] ?? 'null') as JsonObject,
    path: () => server.requests.at(-1)?.split(' ')[1],
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The text of an answer, its stream read to the end. */
export async function readAnswer({content}: WireAnswer): Promise<string> {
  if (content.kind === 'body') return Buffer.from(content.bytes as Uint8Array).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The data of each event in a stream's text, parsed where it is JSON. */
export function eventsOf(text: string): readonly JsonObject[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice('data: '.length)) as JsonObject);
}

/** A whole reply that is a stream of these frames. */
export function streamReply(frames: readonly unknown[], headers = ''): string {
  const text = frames.map((frame) => {
    return httpChunk(`data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`);
  });
  return chunkedHead.replace('\r\n\r\n', `\r\n${headers}\r\n`) + text.join('') + httpChunk('');
}

export const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-2024-08-06',
  prompt_filter_results: [{prompt_index: 0, content_filter_results: {}}],
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      logprobs: null,
      message: {role: 'assistant', content: '4', refusal: null},
    },
  ],
  usage: {prompt_tokens: 5, completion_tokens: 1, total_tokens: 6},
};

export const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-5',
  error: null,
  output: [
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{type: 'output_text', text: '4', annotations: []}],
    },
  ],
  usage: {input_tokens: 5, output_tokens: 1, total_tokens: 6},
};

const chunk = {
  ...{id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000},
  model: 'gpt-4o-2024-08-06',
};
export const chatFrames: readonly unknown[] = [
  {...chunk, choices: [{index: 0, delta: {role: 'assistant', content: '4'}, finish_reason: null}]},
  {...chunk, choices: [{index: 0, delta: {}, finish_reason: 'stop'}]},
  {...chunk, choices: [], usage: completion.usage},
  '[DONE]',
];
