import {asString, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import type {Exchange} from '../exchange.ts';
import {readCall} from '../generation/call.ts';
import {azureError, invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import type {World} from '../world.ts';
import {missingParameter} from './parameter-values.ts';

/** Layer "deployment": finds the deployment that path or body names, and reads the request for the layers below. */
export function findCall(exchange: Exchange, world: World): WholeReply | undefined {
  const {route, body: bytes} = exchange;
  if (route === undefined || bytes === undefined) return undefined;
  const body = parseBody(bytes);
  const name = route.deployment ?? asString(body?.['model']);
  if (name === undefined) return body === undefined ? unreadable() : missingParameter('model');
  const deployment = world.findDeployment(name);
  if (deployment === undefined) return deploymentNotFound();
  if (body === undefined) return unreadable();
  exchange.call = readCall({
    route,
    apiVersion: exchange.apiVersion ?? 'v1',
    deployment,
    body,
    seed: world.seed,
  });
  return undefined;
}

function parseBody(bytes: Buffer): JsonObject | undefined {
  try {
    const body = JSON.parse(bytes.toString()) as JsonValue;
    return isJsonObject(body) && !nestsDeeper(body, mostLevels) ? body : undefined;
  } catch {
    return undefined;
  }
}

// What recursion over a body can count on; far beyond any honest one.
const mostLevels = 200;

function nestsDeeper(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((each: JsonValue | undefined) => nestsDeeper(each, levels - 1));
}

function unreadable(): WholeReply {
  return invalidRequest(
    'We could not parse the JSON body of your request. The API expects a JSON object with the request parameters.',
    null,
  );
}

function deploymentNotFound(): WholeReply {
  return azureError(
    404,
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    {code: 'DeploymentNotFound'},
  );
}
