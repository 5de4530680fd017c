import type {AiPolicies} from './ai-policies.ts';
import {readAuthToken} from './auth-token.ts';
import {composeAddress} from './azure-address.ts';
import {readAzureResource} from './azure-resource-block.ts';
import {readAzureOpenAi} from './azureopenai-block.ts';
import type {DeploymentBlock} from './deployment-block.ts';
import type {GatewayProvider, RouteKind} from './gateway-config.ts';
import type {AuthSurroundings, ReadAuth} from './key-auth.ts';
import type {ObjectReader} from './object-reader.ts';
import {readPoliciesAuth} from './policies-auth.ts';
import {
  type ProviderOverrides,
  readAgentgatewayOverrides,
  readKgatewayOverrides,
} from './provider-overrides.ts';
import {readServedPaths} from './served-paths.ts';

/** A provider, with what people are told of it. */
export interface ReadProvider {
  readonly provider: GatewayProvider;
  /** `gpt-4o-mini at https://… (2024-10-21, key from secret …)`; no credential. */
  readonly about: string;
  /** kgateway's `routes`, which stand with each provider. */
  readonly routes?: Readonly<Record<string, RouteKind>> | undefined;
  /** What it does to requests by itself. */
  readonly policies?: AiPolicies | undefined;
}

export interface ProviderSurroundings extends AuthSurroundings {
  readonly name: string;
  /** What begins its path in messages: `Backend default/azure-openai`. */
  readonly owner: string;
}

const kgatewayKinds = ['azureopenai', 'openai', 'anthropic', 'gemini', 'vertexai', 'bedrock'] as const;
const agentgatewayKinds = [...kgatewayKinds, 'azure', 'custom'] as const;
const onlyAzure = 'Only Azure OpenAI is supported (`azureopenai`).';

/** Reads one provider of a kgateway `Backend`, in the form of 2.1 or, with a `provider` level, of 2.0. */
export function readKgatewayProvider(
  reader: ObjectReader,
  surroundings: ProviderSurroundings,
): ReadProvider | undefined {
  const nested = reader.child('provider');
  const holder = nested ?? reader;
  const overrides = readKgatewayOverrides(reader);
  const header = reader.child('authHeader') ?? reader.child('authHeaderOverride');
  const routes = readServedPaths(reader, 'routes');
  const kind = holder.exactlyOne(kgatewayKinds);
  if (kind !== 'azureopenai') {
    if (kind !== undefined) holder.notSupported([kind], onlyAzure);
    return undefined;
  }
  const azure = holder.child(kind);
  if (azure === undefined) return undefined;
  const block = readAzureOpenAi(azure, {complete: true});
  const auth = readAuthToken(azure, header, surroundings);
  return assemble(azure, {block, auth, overrides}, surroundings, routes);
}

/** Reads one provider of an `AgentgatewayBackend`; `auth` is its own policy, or the backend's. */
export function readAgentgatewayProvider(
  reader: ObjectReader,
  auth: ObjectReader | undefined,
  surroundings: ProviderSurroundings,
): ReadProvider | undefined {
  const overrides = readAgentgatewayOverrides(reader);
  const kind = reader.exactlyOne(agentgatewayKinds);
  if (kind !== 'azureopenai' && kind !== 'azure') {
    if (kind !== undefined)
      reader.notSupported([kind], 'Only Azure OpenAI is supported (`azureopenai`, `azure`).');
    return undefined;
  }
  const azure = reader.child(kind);
  if (azure === undefined) return undefined;
  const block = kind === 'azure' ? readAzureResource(azure) : readAzureOpenAi(azure, {complete: false});
  return assemble(azure, {block, auth: readPoliciesAuth(auth, surroundings), overrides}, surroundings);
}

interface Parts {
  readonly block: DeploymentBlock | undefined;
  readonly auth: ReadAuth | undefined;
  readonly overrides: ProviderOverrides;
}

function assemble(
  azure: ObjectReader,
  {block, auth, overrides}: Parts,
  {name, owner}: ProviderSurroundings,
  routes?: Readonly<Record<string, RouteKind>>,
): ReadProvider | undefined {
  if (block === undefined || auth === undefined) return undefined;
  const {endpoint, version, deployment} = block;
  const prefix = overrides.pathPrefix + endpoint.prefix;
  const address = composeAddress({origin: overrides.origin ?? endpoint.origin, prefix}, version);
  const {fullPath} = overrides;
  const {file, line} = azure.at;
  const origin = {file, line, path: `${owner}: ${azure.path}`};
  const version1 =
    address.style === 'v1'
      ? `v1${address.apiVersion === undefined ? '' : ` ${address.apiVersion}`}`
      : version;
  const path = fullPath === undefined ? version1 : `path ${fullPath.replace(/\?.*$/s, '?…')}`;
  return {
    provider: {name, deployment, fullPath, ...address, auth: auth.auth, origin},
    about: `${deployment ?? "the request's model"} at ${address.endpoint} (${path}, ${auth.about})`,
    routes,
  };
}
