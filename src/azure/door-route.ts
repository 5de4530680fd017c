import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {WireApi} from '../core/wire.ts';
import {versionHas} from './api-version.ts';
import {type Capabilities, capabilitiesOf, type UpstreamApi} from './capabilities.ts';
import {checkDeploymentName} from './deployment-name.ts';
import {badRequest} from './door-error.ts';
import type {AzureEndpoint} from './endpoint.ts';
import type {AzureOperation} from './endpoint-layout.ts';
import {chooseFamily, type FamilyTraits} from './model-family.ts';

/** Where a door's requests go, as configured. */
export interface DoorRouteSettings {
  readonly endpoint: AzureEndpoint;
  /** Undefined: the client's `model` is the deployment. */
  readonly deployment: string | undefined;
  /** The model behind the deployment, or `other`; without it the deployment's name counts if it is a model's. */
  readonly family?: string | undefined;
  /**
   * `asked`: the API that the client speaks, wherever the deployment has it. Without it: Responses if the URL names it or
   * the family has nothing else, chat completions otherwise.
   */
  readonly api?: UpstreamApi | 'asked' | undefined;
}

/** Where one request goes. */
export interface DoorRoute {
  readonly deployment: string;
  readonly operation: AzureOperation;
  readonly capabilities: Capabilities;
}

/** Decides where requests go; remembers what it found out about the few families that there are. */
export class DoorRoutes {
  readonly #settings: DoorRouteSettings;
  readonly #known = new Map<string, Capabilities>();

  /** Fails with `ERR_CONFIG` for a family that nobody knows. */
  constructor(settings: DoorRouteSettings) {
    this.#settings = settings;
    chooseFamily(settings.family, '');
  }

  /** Fails with a `CallError` of status 400 when the request has to name a deployment and does not, or cannot be sent to it. */
  of(door: WireApi, body: JsonObject): DoorRoute {
    const operation = door === 'embeddings' ? 'embeddings' : undefined;
    const deployment = this.#settings.deployment ?? deploymentOf(body);
    const family = chooseFamily(this.#settings.family, deployment);
    const api = this.#apiOf(door, family);
    const route: DoorRoute = {
      deployment,
      operation: operation ?? (api === 'chat' ? 'chat/completions' : 'responses'),
      capabilities: this.#capabilitiesOf(family, api),
    };
    if (this.#settings.deployment === undefined) this.#checkPath(route);
    return route;
  }

  #apiOf(door: WireApi, family: FamilyTraits): UpstreamApi {
    const {api, endpoint} = this.#settings;
    if (api !== undefined && api !== 'asked') return api;
    const named = apiOfPath(endpoint);
    if (named !== undefined) return named;
    if (family.responsesOnly) return 'responses';
    return api === 'asked' && door === 'responses' && hasResponses(endpoint) ? 'responses' : 'chat';
  }

  #capabilitiesOf(family: FamilyTraits, api: UpstreamApi): Capabilities {
    const key = `${family.name} ${api}`;
    let capabilities = this.#known.get(key);
    if (capabilities === undefined) {
      const {style, apiVersion} = this.#settings.endpoint;
      capabilities = capabilitiesOf({family, style, apiVersion, api});
      this.#known.set(key, capabilities);
    }
    return capabilities;
  }

  /** A name from outside must not lead to another path than its own. */
  #checkPath({deployment, operation}: DoorRoute): void {
    const {style, fullPath} = this.#settings.endpoint;
    if (style !== 'deployments' || fullPath !== undefined || operation === 'responses') return;
    try {
      checkDeploymentName(deployment);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      throw badRequest(error.message, {
        ...{code: 'invalid_model', param: 'model'},
        options: {code: 'ERR_MODEL_PARAMETER', hint: 'Give the name of a deployment as `model`.'},
      });
    }
  }
}

function deploymentOf({model}: JsonObject): string {
  if (typeof model === 'string' && model.trim() !== '') return model;
  throw badRequest('The request names no `model`, and nothing else says which deployment is meant', {
    ...{code: 'missing_model', param: 'model'},
    options: {code: 'ERR_MODEL_PARAMETER', hint: 'Give the name of a deployment as `model`.'},
  });
}

function apiOfPath({operation, fullPath}: AzureEndpoint): UpstreamApi | undefined {
  if (fullPath === undefined) return operation === 'responses' ? 'responses' : undefined;
  const path = fullPath.split('?', 1)[0] ?? '';
  if (/\/responses\/?$/.test(path)) return 'responses';
  return /\/chat\/completions\/?$/.test(path) ? 'chat' : undefined;
}

function hasResponses({style, apiVersion}: AzureEndpoint): boolean {
  return style !== 'deployments' || versionHas(apiVersion, 'responses');
}
