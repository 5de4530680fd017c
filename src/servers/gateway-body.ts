import type {JsonObject, JsonValue} from '../core/json.ts';
import type {WireApi} from '../core/wire.ts';
import type {GatewayBackend} from '../manifests/gateway-config.ts';
import {compileAliases} from './gateway-aliases.ts';

/** Makes the body that a backend is sent out of a client's. `pathModel`: the deployment in an Azure client's path. */
export type ShapeBody = (api: WireApi, body: JsonObject, pathModel: string | undefined) => JsonObject;

/**
 * What a backend's settings make of a body, in agentgateway's order: overrides win over the client's members, defaults
 * fill gaps, aliases name the model, messages are put around the client's. A member that is null is no gap.
 */
export function compileBody(backend: GatewayBackend): ShapeBody {
  const {overrides, defaults, prepend, append} = backend;
  const resolveAlias = compileAliases(backend.modelAliases);
  const choosesModel = hasFreeModel(backend);
  return (api, body, pathModel) => {
    const sent = pathModel === undefined || !choosesModel ? body : {...body, model: pathModel};
    const filled: JsonObject = {...defaults, ...sent, ...overrides};
    const {model} = filled;
    const named =
      choosesModel && typeof model === 'string' ? {...filled, model: resolveAlias(model)} : filled;
    return prepend.length + append.length === 0 ? named : surround(api, named, prepend, append);
  };
}

/** Whether the client's `model` reaches a deployment: a provider of the backend has none of its own. */
export function hasFreeModel({groups}: GatewayBackend): boolean {
  return groups.some((providers) => providers.some(({deployment}) => deployment === undefined));
}

/** Whether the client's `model` is all there is: no provider of the backend has a deployment of its own. */
export function needsModel({groups}: GatewayBackend): boolean {
  return groups.every((providers) => providers.every(({deployment}) => deployment === undefined));
}

function surround(
  api: WireApi,
  body: JsonObject,
  prepend: readonly JsonObject[],
  append: readonly JsonObject[],
): JsonObject {
  if (api === 'embeddings') return body;
  const member = api === 'chat' ? 'messages' : 'input';
  const items = itemsOf(api, body[member]);
  return items === undefined ? body : {...body, [member]: [...prepend, ...items, ...append]};
}

/** The client's messages as a list; undefined for what the service refuses anyway, in its own words. */
function itemsOf(api: WireApi, value: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (api === 'chat') return undefined;
  // Input may be text, or absent where a stored prompt or an earlier response stands in for it.
  if (typeof value === 'string') return [{role: 'user', content: value}];
  return value === undefined || value === null ? [] : undefined;
}
