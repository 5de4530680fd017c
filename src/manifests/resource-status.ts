import type {Findings} from './findings.ts';
import type {ResourceStatus} from './gateway-config.ts';
import type {Policies} from './policies.ts';
import type {ReadBackend} from './read-backends.ts';
import type {ReadRoute} from './read-routes.ts';
import type {Resource} from './resources.ts';
import type {SecretStore} from './secret-store.ts';

export interface ReadDocuments {
  readonly secrets: SecretStore;
  readonly backends: readonly ReadBackend[];
  readonly routes: readonly ReadRoute[];
  readonly policies: Policies;
  /** Of the Gateways' listeners. */
  readonly port: number | undefined;
  readonly findings: Findings;
}

const idlePolicy =
  'does nothing here: of policies only `timeouts.request` is applied, to the HTTPRoutes they name';

/** What became of each document, in order; a document that means nothing here is warned of. */
export function describeResources(
  resources: readonly Resource[],
  read: ReadDocuments,
): readonly ResourceStatus[] {
  return resources.map((resource) => {
    const {kind, id, at, role, reader} = resource;
    const detail = describeResource(resource, read);
    if (detail === undefined && role !== 'furniture')
      reader.warn(role === 'policy' ? idlePolicy : 'is ignored: it means nothing here');
    return {
      kind,
      name: id,
      status: detail === undefined ? 'ignored' : 'accepted',
      detail: read.findings.redact(detail ?? 'means nothing here'),
      file: at.file,
      line: at.line,
    };
  });
}

function describeResource(resource: Resource, read: ReadDocuments): string | undefined {
  switch (resource.role) {
    case 'secret':
      return read.secrets.describe(resource.id);
    case 'kgateway-backend':
    case 'agentgateway-backend':
      return read.backends.find((backend) => backend.resource === resource)?.about;
    case 'route':
      return describeRoute(read.routes.find((document) => document.resource === resource));
    case 'gateway':
      return describePort(read.port);
    case 'grant':
      return 'allows references';
    case 'policy':
      return read.policies.describe(resource, new Set(read.routes.map((document) => document.resource.id)));
    case 'unsupported':
    case 'furniture':
    case 'foreign':
      return undefined;
  }
}

function describePort(port: number | undefined): string {
  return port === undefined ? 'has no HTTP listener' : `port ${port}`;
}

function describeRoute(document: ReadRoute | undefined): string | undefined {
  return document?.routes.map(({about}) => about).join('; ');
}
