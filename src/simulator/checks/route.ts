import {azureError, resourceNotFound} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';

/** What a deployment can be asked for. */
export type ModelOperation = 'chat' | 'responses' | 'embeddings';

export type Operation = ModelOperation | 'models';

/** Where a request is addressed to. */
export interface Route {
  readonly operation: Operation;
  readonly surface: 'dated' | 'v1';
  /** From the path; undefined when the body names it. */
  readonly deployment: string | undefined;
  /** `/models/{id}` */
  readonly modelId: string | undefined;
}

interface RoutePattern {
  readonly path: RegExp;
  readonly method: 'GET' | 'POST';
  readonly operation: Operation;
  readonly surface: Route['surface'];
}

// Strict on purpose: a doubled or trailing slash is a 404, as on Azure.
const patterns: readonly RoutePattern[] = [
  {
    path: /^\/openai\/deployments\/(?<deployment>[^/]+)\/chat\/completions$/,
    method: 'POST',
    operation: 'chat',
    surface: 'dated',
  },
  {
    path: /^\/openai\/deployments\/(?<deployment>[^/]+)\/embeddings$/,
    method: 'POST',
    operation: 'embeddings',
    surface: 'dated',
  },
  {path: /^\/openai\/responses$/, method: 'POST', operation: 'responses', surface: 'dated'},
  {path: /^\/openai\/models(?:\/(?<modelId>[^/]+))?$/, method: 'GET', operation: 'models', surface: 'dated'},
  {path: /^\/openai\/v1\/chat\/completions$/, method: 'POST', operation: 'chat', surface: 'v1'},
  {path: /^\/openai\/v1\/embeddings$/, method: 'POST', operation: 'embeddings', surface: 'v1'},
  {path: /^\/openai\/v1\/responses$/, method: 'POST', operation: 'responses', surface: 'v1'},
  {path: /^\/openai\/v1\/models(?:\/(?<modelId>[^/]+))?$/, method: 'GET', operation: 'models', surface: 'v1'},
];

/** Layer "route": the operation that a path and method mean, or the refusal. */
export function findRoute(method: string, path: string): Route | WholeReply {
  for (const pattern of patterns) {
    const match = pattern.path.exec(path);
    if (match === null) continue;
    if (method !== pattern.method) return azureError(405, 'Method Not Allowed', {code: '405'});
    const {deployment, modelId} = match.groups ?? {};
    return toRoute(pattern, decode(deployment), decode(modelId));
  }
  return resourceNotFound();
}

function toRoute(
  {operation, surface}: RoutePattern,
  deployment: string | undefined,
  modelId: string | undefined,
): Route {
  return {operation, surface, deployment, modelId};
}

function decode(segment: string | undefined): string | undefined {
  if (segment?.includes('%') !== true) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
