import type {Environment} from './expand-variables.ts';
import {Findings} from './findings.ts';
import type {GatewayConfig} from './gateway-config.ts';
import {Grants} from './grants.ts';
import {readListenerPort} from './listener-port.ts';
import {Policies} from './policies.ts';
import {type ReadBackend, readBackends} from './read-backends.ts';
import {type ReadRoute, readRoutes} from './read-routes.ts';
import {describeResources} from './resource-status.ts';
import {type ManifestSource, type Resource, readResources} from './resources.ts';
import {SecretStore} from './secret-store.ts';

export type {ManifestSource} from './resources.ts';

/**
 * Reads Kubernetes documents of the agentgateway and kgateway kind into one configuration, every reference followed. Anything
 * wrong is thrown as one `RollcallError` (`ERR_CONFIG`) with every problem of every document; no credential is in it.
 */
export function loadManifests(
  sources: readonly ManifestSource[],
  {env}: {readonly env: Environment},
): GatewayConfig {
  const findings = new Findings(sources.map(({file}) => file));
  const resources = readResources(sources, {env, findings});
  const secrets = new SecretStore(resources, findings);
  const backends = readBackends(resources, secrets);
  const policies = new Policies(resources);
  const routes = readRoutes(resources, {
    backends,
    grants: new Grants(resources),
    policies,
    incomplete: findings.incomplete,
  });
  const port = readListenerPort(resources, routes);
  reportUnsupported(resources);
  reportLooseEnds(sources, {findings, resources, backends, routes});
  const statuses = describeResources(resources, {secrets, backends, routes, policies, port, findings});
  for (const {reader, role} of resources) if (role !== 'foreign' && role !== 'furniture') reader.finish();
  findings.throwIfAny();
  return {
    port,
    routes: routes.flatMap((document) => document.routes.map(({route}) => route)),
    backends: new Map(
      backends.flatMap(({backend}) => (backend === undefined ? [] : [[backend.name, backend]])),
    ),
    secrets: findings.secrets,
    warnings: findings.warnings,
    resources: statuses,
  };
}

function reportUnsupported(resources: readonly Resource[]): void {
  for (const {reader, role, kind} of resources) {
    if (role !== 'unsupported') continue;
    reader.ignore('spec', 'metadata');
    reader.problem(`${kind} is not supported`, {
      key: 'kind',
      hint: 'Write an AgentgatewayBackend with `spec.ai.provider.azure`, and an HTTPRoute that refers to it.',
    });
  }
}

interface Read {
  readonly findings: Findings;
  readonly resources: readonly Resource[];
  readonly backends: readonly ReadBackend[];
  readonly routes: readonly ReadRoute[];
}

function reportLooseEnds(
  sources: readonly ManifestSource[],
  {findings, resources, backends, routes}: Read,
): void {
  if (routes.length === 0 && !findings.incomplete) {
    const file = sources[0]?.file;
    findings.problem({
      message:
        resources.length === 0
          ? 'there is no Kubernetes document'
          : 'there is no HTTPRoute, so nothing would be served',
      ...(file === undefined ? {} : {file}),
      hint: 'Add an HTTPRoute whose `backendRefs` name the backend.',
    });
  }
  const used = new Set(
    routes.flatMap((document) =>
      document.routes.flatMap(({route}) => route.backends.map(({backend}) => backend)),
    ),
  );
  for (const {resource, backend} of backends) {
    if (backend !== undefined && !used.has(backend.name)) resource.reader.warn('no HTTPRoute refers to it');
  }
}
