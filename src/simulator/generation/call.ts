import {asJsonArray, asJsonObject, asNumber, asString, type JsonObject} from '../../core/json.ts';
import type {ModelOperation, Route} from '../checks/route.ts';
import type {Deployment} from './deployment.ts';
import {type Prompt, promptOf} from './prompt.ts';
import {requestHash} from './request-hash.ts';

/** One request to a deployment, read once for every layer that comes after. */
export interface Call {
  readonly route: Route;
  readonly operation: ModelOperation;
  readonly apiVersion: string;
  readonly deployment: Deployment;
  readonly body: JsonObject;
  readonly prompt: Prompt;
  /** See `requestHash`. */
  readonly hash: string;
  /** The most tokens the request asks for, however it is spelt. */
  readonly maxTokens: number | undefined;
  readonly stream: boolean;
  /** The names of the functions that the model may call; empty when `tool_choice` is none. */
  readonly toolNames: ReadonlySet<string>;
}

export interface CallInput {
  readonly route: Route;
  readonly apiVersion: string;
  readonly deployment: Deployment;
  readonly body: JsonObject;
  readonly seed: number;
}

/** Reads a request. Nothing in it needs to be valid yet: what cannot be read counts as absent. */
export function readCall({route, apiVersion, deployment, body, seed}: CallInput): Call {
  const operation = route.operation === 'models' ? 'chat' : route.operation;
  return {
    route,
    operation,
    apiVersion,
    deployment,
    body,
    prompt: promptOf(operation, body),
    hash: requestHash(seed, deployment.name, body),
    maxTokens: asNumber(body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens']),
    stream: body['stream'] === true,
    toolNames: body['tools'] === undefined ? noNames : toolNames(body),
  };
}

const noNames: ReadonlySet<string> = new Set();

function toolNames(body: JsonObject): ReadonlySet<string> {
  if (body['tool_choice'] === 'none') return noNames;
  return new Set(functionTools(body).map(({name}) => name));
}

/** The functions a request declares, in either operation's shape. */
export function functionTools(
  body: JsonObject,
): readonly {readonly name: string; readonly parameters: JsonObject}[] {
  return asJsonArray(body['tools']).flatMap((tool) => {
    const entry = asJsonObject(tool);
    const declared = asJsonObject(entry?.['function']) ?? entry;
    const name = asString(declared?.['name']);
    return name === undefined ? [] : [{name, parameters: asJsonObject(declared?.['parameters']) ?? {}}];
  });
}
