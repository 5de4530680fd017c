import {type ModelConfig, modelConfigOf} from '../config/model-config.ts';
import type {GatewayBackend, GatewayConfig, GatewayProvider} from '../manifests/gateway-config.ts';

/** A deployment to open, with what only a gateway's documents can ask for. */
export interface DeploymentSettings extends ModelConfig {
  /** Replaces path and query of every call. */
  readonly fullPath?: string | undefined;
  /** What stands before the key in its header. */
  readonly apiKeyPrefix?: string | undefined;
  /** The client's own `Authorization` goes upstream instead of a credential of ours. */
  readonly passesAuthorization?: boolean | undefined;
  /** It is called through the API that the client speaks, where it has both. */
  readonly speaksAsAsked?: boolean | undefined;
  /** The client's `model` is the deployment. */
  readonly clientChoosesModel?: boolean | undefined;
}

// A gateway has no limit of its own in the documents; this many calls fill any deployment.
const callsAtOnce = 256;

/** The deployments of a gateway's backends, each under the name that `providerModelName` gives it. */
export function gatewayModels(gateway: GatewayConfig | undefined): readonly DeploymentSettings[] {
  return [...(gateway?.backends.values() ?? [])].flatMap((backend) => {
    const providers = backend.groups.flat();
    return providers.map((provider) => toDeployment(backend, provider, providers.length > 1));
  });
}

/** The name under which a provider's deployment is opened. No instance of a configuration can have it. */
export function providerModelName({name: backend}: GatewayBackend, {name}: GatewayProvider): string {
  return `backend ${backend}, provider ${name}`;
}

function toDeployment(
  backend: GatewayBackend,
  provider: GatewayProvider,
  hasAlternatives: boolean,
): DeploymentSettings {
  const {endpoint, deployment, apiVersion, style, fullPath, origin} = provider;
  const settings = modelConfigOf({
    name: providerModelName(backend, provider),
    path: origin.path,
    openaiBaseUrl: endpoint,
    openaiModel: deployment,
    defaultQuery: apiVersion === undefined ? {} : {'api-version': apiVersion},
    endpointStyle: style,
    numConcurrentRequests: callsAtOnce,
  });
  return {
    ...settings,
    ...credentialsOf(provider),
    // The next provider is the better second try.
    retry: hasAlternatives ? {...settings.retry, doorMaxTries: 1, doorMaxWaitS: 0} : settings.retry,
    fullPath,
    passesAuthorization: provider.auth.kind === 'passthrough',
    speaksAsAsked: true,
    clientChoosesModel: deployment === undefined,
  };
}

function credentialsOf({auth}: GatewayProvider): Partial<DeploymentSettings> {
  switch (auth.kind) {
    case 'key':
      return {openaiApiKey: auth.key, apiKeyHeader: auth.header, apiKeyPrefix: auth.prefix};
    case 'entra':
      return {auth: 'entra_id'};
    case 'passthrough':
      return {};
  }
}
