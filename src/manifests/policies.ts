import {groups} from './kinds.ts';
import type {ObjectReader} from './object-reader.ts';
import type {Resource} from './resources.ts';
import {readTimeouts} from './route-timeouts.ts';

interface RoutePolicy {
  readonly source: Resource;
  /** `namespace/name` of the HTTPRoute. */
  readonly route: string;
  /** Name of one of its rules; undefined: all. */
  readonly rule: string | undefined;
  readonly requestTimeoutMs: number | undefined;
}

const read = ['targetRefs', 'targetSelectors', 'timeouts', 'backend', 'frontend'];
// What would change a request.
const changing = ['ai', 'transformation', 'extProc'];
const takenOut = 'Take it out: requests would be sent without what it does to them.';

/** What TrafficPolicies and AgentgatewayPolicies say of HTTPRoutes: their timeouts are applied, nothing else is. */
export class Policies {
  readonly #policies: readonly RoutePolicy[];

  constructor(resources: readonly Resource[]) {
    this.#policies = resources.filter(({role}) => role === 'policy').flatMap(readPolicy);
  }

  /** The request timeout for a rule, where it has none of its own; one that names the rule comes first. */
  requestTimeoutOf(route: string, rule: string | undefined): number | undefined {
    const fitting = this.#policies.filter(
      (policy) => policy.route === route && (policy.rule === undefined || policy.rule === rule),
    );
    const named = fitting.find(
      (policy) => policy.rule !== undefined && policy.requestTimeoutMs !== undefined,
    );
    return (named ?? fitting.find((policy) => policy.requestTimeoutMs !== undefined))?.requestTimeoutMs;
  }

  /** What a policy does here, for people; undefined if it is nothing. `routes`: those that there are. */
  describe(resource: Resource, routes: ReadonlySet<string>): string | undefined {
    const applied = this.#policies.filter(
      ({source, route, requestTimeoutMs}) =>
        source === resource && routes.has(route) && requestTimeoutMs !== undefined,
    );
    const [first] = applied;
    if (first === undefined) return undefined;
    const targets = [...new Set(applied.map(({route}) => route))].join(', ');
    const {requestTimeoutMs = 0} = first;
    return `${requestTimeoutMs === 0 ? 'no request timeout' : `request timeout of ${requestTimeoutMs} ms`} for ${targets}`;
  }
}

function readPolicy(source: Resource): readonly RoutePolicy[] {
  const {reader, namespace, kind} = source;
  const spec = reader.requiredChild('spec');
  if (spec === undefined) return [];
  spec.notApplied(['targetSelectors'], 'Name the route under `targetRefs`.');
  const traffic = kind === 'TrafficPolicy' ? spec : spec.child('traffic');
  if (kind === 'AgentgatewayPolicy') {
    refuseBackendPolicies(spec.child('backend'));
    spec.notApplied(['frontend']);
  }
  traffic?.notSupported(changing, takenOut);
  traffic?.notApplied(traffic.keys.filter((key) => !read.includes(key) && !changing.includes(key)));
  const requestTimeoutMs = traffic === undefined ? undefined : readTimeouts(traffic).requestTimeoutMs;
  return spec.children('targetRefs', {min: 0, max: 16}).flatMap((target) => {
    const route = readTarget(target);
    return route === undefined
      ? []
      : [{...route, source, route: `${namespace}/${route.route}`, requestTimeoutMs}];
  });
}

function readTarget(target: ObjectReader): Pick<RoutePolicy, 'route' | 'rule'> | undefined {
  const name = target.requiredText('name', {expand: true});
  const group = target.text('group', {allowEmpty: true}) ?? groups.gatewayApi;
  const kind = target.requiredText('kind');
  const rule = target.text('sectionName');
  if (name === undefined || kind === undefined) return undefined;
  return kind === 'HTTPRoute' && group === groups.gatewayApi ? {route: name, rule} : undefined;
}

/** A key or a change of the body must not be lost without a word. */
function refuseBackendPolicies(backend: ObjectReader | undefined): void {
  if (backend === undefined) return;
  const others = backend.keys.filter((key) => key !== 'auth' && key !== 'ai' && key !== 'transformation');
  backend.notSupported(['auth', 'ai', 'transformation'], "Write it in the backend's own `spec.policies`.");
  backend.notApplied(others);
}
