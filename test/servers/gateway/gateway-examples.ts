import type {JsonObject} from '../../../src/core/json.ts';
import type {WireAnswer, WireModel, WireRequest} from '../../../src/core/wire.ts';
import type {
  GatewayBackend,
  GatewayProvider,
  GatewayRoute,
  RouteMatch,
} from '../../../src/manifests/gateway-config.ts';
import type {ServiceRequest} from '../../../src/servers/http/service.ts';
import {neverCancelled} from '../../helpers/never-cancelled.ts';

export function prefix(value: string, rest: Partial<RouteMatch> = {}): RouteMatch {
  return matchOf({type: 'PathPrefix', value}, rest);
}

export function exact(value: string, rest: Partial<RouteMatch> = {}): RouteMatch {
  return matchOf({type: 'Exact', value}, rest);
}

export function regex(value: string, rest: Partial<RouteMatch> = {}): RouteMatch {
  return matchOf({type: 'RegularExpression', value}, rest);
}

function matchOf(path: RouteMatch['path'], rest: Partial<RouteMatch>): RouteMatch {
  return {path, method: undefined, headers: [], queryParams: [], ...rest};
}

export function routeOf(
  name: string,
  matches: RouteMatch | readonly RouteMatch[],
  rest: Partial<GatewayRoute> = {},
): GatewayRoute {
  return {
    name,
    hostnames: [],
    matches: [matches].flat(),
    backends: [{backend: 'default/azure-openai', weight: 1}],
    requestTimeoutMs: undefined,
    backendRequestTimeoutMs: undefined,
    ...rest,
  };
}

export function providerOf(deployment: string | undefined): GatewayProvider {
  return {
    name: deployment ?? 'free',
    endpoint: 'https://example.openai.azure.com',
    deployment,
    apiVersion: '2024-10-21',
    style: 'deployments',
    fullPath: undefined,
    auth: {kind: 'key', key: 'k', header: 'api-key', prefix: ''},
    origin: {file: 'azure.yaml', line: 1, path: 'spec'},
  };
}

export function backendOf(rest: Partial<GatewayBackend> = {}): GatewayBackend {
  return {
    name: 'default/azure-openai',
    groups: [[providerOf('gpt-4o-mini')]],
    routes: undefined,
    overrides: {},
    defaults: {},
    modelAliases: {},
    prepend: [],
    append: [],
    ...rest,
  };
}

/** A backend without a deployment of its own. */
export function freeBackend(rest: Partial<GatewayBackend> = {}): GatewayBackend {
  return backendOf({groups: [[providerOf(undefined)]], ...rest});
}

export function answerOf(content: WireAnswer['content'], rest: Partial<WireAnswer> = {}): WireAnswer {
  return {
    content,
    headers: {},
    trace: {deployment: 'gpt-4o-mini', calls: 1, queuedMs: 0, callMs: 5, requestId: 'r-1'},
    facts: {},
    ...rest,
  };
}

export function bodyAnswer(body: JsonObject = {id: 'chatcmpl-1'}): WireAnswer {
  return answerOf({kind: 'body', bytes: JSON.stringify(body)});
}

export interface ScriptedWire {
  readonly model: WireModel;
  readonly requests: readonly WireRequest[];
}

/** A model that keeps what it is asked and answers with what it is given. */
export function scriptedWire(answer: WireModel = () => Promise.resolve(bodyAnswer())): ScriptedWire {
  const requests: WireRequest[] = [];
  return {
    requests,
    model: (request, options) => {
      requests.push(request);
      return answer(request, options);
    },
  };
}

/** A request as `POST /path?query`. */
export function requestOf(line: string, rest: Partial<ServiceRequest> = {}): ServiceRequest {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: {},
    body: method === 'GET' ? undefined : {},
    cancellation: neverCancelled,
    notes: {},
    ...rest,
  };
}

export async function* streamOf(...frames: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of frames) yield await Promise.resolve(Buffer.from(text));
}

export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}
