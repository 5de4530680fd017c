import {asJsonArray, type JsonObject, type JsonValue} from '../../core/json.ts';
import type {WireApi} from '../../core/wire.ts';
import type {GatewayBackend} from '../../manifests/gateway-config.ts';
import {checkModelRequest} from '../doors/check-model-request.ts';
import {compileAliases} from './gateway-aliases.ts';
import {modelMissing} from './gateway-refusals.ts';

/**
 * Makes the body that a backend is sent out of a client's. `pathModel`: the deployment in an Azure client's path.
 * Fails with a `RequestRefusal` for what is no request of the protocol, and where no model is named but one is needed.
 */
export type ShapeBody = (
  api: WireApi,
  body: JsonObject | undefined,
  pathModel: string | undefined,
) => JsonObject;

/**
 * What a backend's settings make of a body, in agentgateway's order: overrides win over the client's members, defaults
 * fill gaps, aliases name the model, messages are put around the client's. A member that is null is no gap.
 */
export function compileBody(backend: GatewayBackend): ShapeBody {
  const {overrides, defaults, prepend, append} = backend;
  const resolveAlias = compileAliases(backend.modelAliases);
  const deployments = backend.groups.flat().map(({deployment}) => deployment);
  const choosesModel = deployments.includes(undefined);
  const needsModel = deployments.every((deployment) => deployment === undefined);
  return (api, body, pathModel) => {
    const sent = choosesModel && pathModel !== undefined ? {...body, model: pathModel} : body;
    const filled = checkModelRequest(api, body && {...defaults, ...sent, ...overrides});
    const {model} = filled;
    if (needsModel && (typeof model !== 'string' || model === '')) throw modelMissing();
    const named =
      choosesModel && typeof model === 'string' ? {...filled, model: resolveAlias(model)} : filled;
    return prepend.length + append.length === 0 ? named : surround(api, named, prepend, append);
  };
}

function surround(
  api: WireApi,
  body: JsonObject,
  prepend: readonly JsonObject[],
  append: readonly JsonObject[],
): JsonObject {
  if (api === 'embeddings') return body;
  const member = api === 'chat' ? 'messages' : 'input';
  return {...body, [member]: [...prepend, ...itemsOf(body[member]), ...append]};
}

/** The client's messages as a list. Input may be text, or absent where a stored prompt or an earlier response stands in for it. */
function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return typeof value === 'string' ? [{role: 'user', content: value}] : asJsonArray(value);
}
