import {parseExactJson} from '../core/exact-json.ts';
import {
  asJsonArray,
  asJsonObject,
  asString,
  isDeeperThan,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import {locateJsonError} from '../core/locate-json-error.ts';
import type {CallOptions, ResourcesSession} from '../core/ports.ts';

/** What a `function_call` of the model gets for an answer, as the text of its `function_call_output`. */
export type Toolbox = (call: JsonObject, options: CallOptions) => Promise<string>;

/**
 * The tools that a request declares, called at the rollout's resources server. Whatever the model gets wrong (arguments,
 * a name that was not declared, one of the server's own routes) is told to the model as `{"error": …}` and calls nothing.
 */
export function createToolbox(
  declared: JsonValue | undefined,
  session: ResourcesSession | undefined,
): Toolbox {
  const names = new Set(asJsonArray(declared).map(nameOfTool).filter(isCallable));
  return async ({name, arguments: text}, options) => {
    const {args, problem} = parseArguments(text);
    if (args === undefined) return errorOutput(problem);
    if (typeof name !== 'string' || !names.has(name)) return errorOutput(unknownTool(name, names));
    return session === undefined ? notFound : session.callTool(name, args, options);
  };
}

/** What NeMo Gym's servers say where no such tool is. */
const notFound = '{"detail":"Not Found"}';

/** The name of a function tool, in the shape of either API. */
function nameOfTool(tool: JsonValue): string | undefined {
  if (!isJsonObject(tool) || tool['type'] !== 'function') return undefined;
  return asString(tool['name']) ?? asString(asJsonObject(tool['function'])?.['name']);
}

// A tool's name is a path on its server: it must not become another one.
const namePattern = /^[A-Za-z0-9_-]{1,64}$/;
const routes: ReadonlySet<string> = new Set([
  'verify',
  'seed_session',
  'aggregate_metrics',
  'reverify_mode',
  'run',
  'v1',
  'healthz',
  'metrics',
]);

function isCallable(name: string | undefined): name is string {
  return name !== undefined && namePattern.test(name) && !routes.has(name);
}

type ParsedArguments =
  | {readonly args: JsonObject; readonly problem?: undefined}
  | {readonly args?: undefined; readonly problem: string};

// Deeper ones overflow the stack of whoever writes them.
const deepestArguments = 100;

function parseArguments(text: JsonValue | undefined): ParsedArguments {
  if (typeof text !== 'string') return {problem: 'the call has no arguments'};
  const error = locateJsonError(text);
  if (error !== undefined)
    return {problem: `the arguments are not JSON: character ${error.offset + 1} ${error.message}`};
  const args = parseShallow(text);
  if (isJsonObject(args)) return {args};
  return {
    problem: args === undefined ? 'the arguments are nested too deeply' : 'the arguments are no object',
  };
}

/** The value, or undefined when it is nested too deeply. */
function parseShallow(text: string): JsonValue | undefined {
  // Without reviving: that alone recurses.
  const value = JSON.parse(text) as JsonValue;
  return isDeeperThan(value, deepestArguments) ? undefined : (parseExactJson(text) as JsonValue);
}

function unknownTool(name: JsonValue | undefined, names: ReadonlySet<string>): string {
  const asked = typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : 'without a name';
  const offered = names.size === 0 ? 'there are none' : `there are ${[...names].slice(0, 100).join(', ')}`;
  return `no tool ${asked}: ${offered}`;
}

function errorOutput(error: string): string {
  return JSON.stringify({error});
}
