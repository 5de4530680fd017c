import type {ObjectReader} from './object-reader.ts';
import type {ParentReference, ReadRoute} from './read-routes.ts';
import type {Resource} from './resources.ts';

interface Listener {
  /** `namespace/name` of its Gateway. */
  readonly gateway: string;
  readonly name: string;
  readonly port: number;
  readonly reader: ObjectReader;
}

/** The port to serve on: the one listener's, else that of the first listener that a route wants, else the first one's. */
export function readListenerPort(
  resources: readonly Resource[],
  routes: readonly ReadRoute[],
): number | undefined {
  const gateways = resources.filter(({role}) => role === 'gateway');
  const listeners = gateways.flatMap(readListeners);
  const wanted = routes
    .flatMap(({parents}) => parents)
    .flatMap((parent) => {
      const fitting = listeners.filter((listener) => fits(listener, parent));
      if (gateways.length > 0 && fitting.length === 0) reportParent(parent, gateways);
      return fitting;
    });
  const chosen = wanted[0] ?? listeners[0];
  const others = new Set(listeners.map(({port}) => port).filter((port) => port !== chosen?.port));
  if (chosen !== undefined && others.size > 0) {
    chosen.reader.warn(`all routes are served on port ${chosen.port}, none on ${[...others].join(', ')}`, {
      key: 'port',
    });
  }
  return chosen?.port;
}

function readListeners({reader, id}: Resource): readonly Listener[] {
  const spec = reader.requiredChild('spec');
  spec?.ignore('gatewayClassName', 'addresses', 'infrastructure', 'allowedListeners', 'defaultScope');
  spec?.notApplied(['backendTLS', 'tls']);
  return (spec?.children('listeners', {min: 1, max: 64}) ?? []).flatMap((listener) => {
    const name = listener.requiredText('name');
    listener.require('port');
    const port = listener.integer('port', {min: 1, max: 65_535});
    const protocol = listener.requiredText('protocol');
    listener.ignore('allowedRoutes', 'tls');
    listener.notApplied(['hostname'], 'Write it under `hostnames` of the routes.');
    if (name === undefined || port === undefined || protocol === undefined) return [];
    if (protocol === 'HTTP') return [{gateway: id, name, port, reader: listener}];
    listener.warn(`\`${protocol}\` is not served: only HTTP is`, {key: 'protocol'});
    return [];
  });
}

function fits(listener: Listener, parent: ParentReference): boolean {
  return (
    listener.gateway === parent.gateway &&
    (parent.listener === undefined || listener.name === parent.listener) &&
    (parent.port === undefined || listener.port === parent.port)
  );
}

function reportParent(
  {reader, gateway, listener, port}: ParentReference,
  gateways: readonly Resource[],
): void {
  const isThere = gateways.some(({id}) => id === gateway);
  const what =
    listener === undefined
      ? port === undefined
        ? 'HTTP listener'
        : `listener on port ${port}`
      : `HTTP listener \`${listener}\``;
  reader.warn(
    isThere
      ? `Gateway ${gateway} has no ${what}; the route is served anyway`
      : `there is no Gateway ${gateway}; the route is served anyway`,
    {
      key: 'name',
    },
  );
}
