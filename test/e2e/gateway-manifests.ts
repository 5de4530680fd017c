import {writeFile} from 'node:fs/promises';
import type {JsonObject} from '../../src/core/json.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {type RunningProgram, serve} from './running-servers.ts';

/** A gateway that runs, with its folder. */
export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly program: RunningProgram;
}

/** Starts `rollcall run -f` on these documents, on a free port. */
export async function serveManifests(documents: readonly JsonObject[]): Promise<RunningGateway> {
  const folder = await createTempFolder();
  await writeFile(
    folder.file('azure.yaml'),
    documents.map((document) => JSON.stringify(document, null, 1)).join('\n---\n'),
  );
  const program = await serve(['-f', 'azure.yaml', '+gateway.port=0'], {cwd: folder.path});
  return {
    url: program.url('gateway'),
    program,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export const gatewayKey = 'canary-gateway-key-0123';

/** The Secret `azure-key`, in which `gatewayKey` is. */
export const secret: JsonObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {name: 'azure-key'},
  stringData: {Authorization: gatewayKey},
};

/** An AgentgatewayBackend of these tiers, signed in with the Secret unless the policies say otherwise. */
export function backend(
  name: string,
  tiers: readonly (readonly JsonObject[])[],
  policies: JsonObject = {},
): JsonObject {
  const groups = tiers.map((tier) => ({providers: tier}));
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayBackend',
    metadata: {name},
    spec: {ai: {groups}, policies: {auth: {secretRef: {name: 'azure-key'}}, ...policies}},
  };
}

/** One provider of a tier; without a deployment the client's model is it. */
export function provider(
  name: string,
  endpoint: string,
  deploymentName?: string,
  apiVersion = '2025-04-01-preview',
): JsonObject {
  const settings = deploymentName === undefined ? {endpoint} : {endpoint, deploymentName, apiVersion};
  return {name, azureopenai: settings};
}

/** A route for one path; each further rule of it is up to the caller. */
export function route(path: string, backends: readonly JsonObject[], rule: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {name: path.replaceAll('/', '') || 'root'},
    spec: {
      rules: [{matches: [{path: {type: 'PathPrefix', value: path}}], backendRefs: [...backends], ...rule}],
    },
  };
}

/** What a rule says of an AgentgatewayBackend; `weight` shares requests out. */
export function refTo(name: string, weight = 1): JsonObject {
  return {group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name, weight};
}
