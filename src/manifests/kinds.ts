import {closeMatches} from '../core/close-match.ts';

/** What a document is to us. */
export type Role =
  | 'secret'
  | 'kgateway-backend'
  | 'agentgateway-backend'
  | 'route'
  | 'gateway'
  | 'grant'
  | 'policy'
  /** Says something that we cannot do. */
  | 'unsupported'
  /** Belongs to a setup like this and means nothing here. */
  | 'furniture'
  /** Has nothing to do with us. */
  | 'foreign';

export const groups = {
  core: '',
  kgateway: 'gateway.kgateway.dev',
  agentgateway: 'agentgateway.dev',
  gatewayApi: 'gateway.networking.k8s.io',
} as const;

interface Kind {
  readonly role: Role;
  readonly versions: readonly string[];
}

const kinds: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  [groups.core]: {
    Secret: {role: 'secret', versions: ['v1']},
    Namespace: {role: 'furniture', versions: ['v1']},
  },
  [groups.kgateway]: {
    Backend: {role: 'kgateway-backend', versions: ['v1alpha1']},
    AgentgatewayBackend: {role: 'agentgateway-backend', versions: ['v1alpha1']},
    TrafficPolicy: {role: 'policy', versions: ['v1alpha1']},
    AgentgatewayPolicy: {role: 'policy', versions: ['v1alpha1']},
    GatewayParameters: {role: 'furniture', versions: ['v1alpha1']},
  },
  [groups.agentgateway]: {
    AgentgatewayBackend: {role: 'agentgateway-backend', versions: ['v1alpha1']},
    AgentgatewayPolicy: {role: 'policy', versions: ['v1alpha1']},
    AgentgatewayModel: {role: 'unsupported', versions: ['v1alpha1']},
    AgentgatewayParameters: {role: 'furniture', versions: ['v1alpha1']},
  },
  [groups.gatewayApi]: {
    HTTPRoute: {role: 'route', versions: ['v1', 'v1beta1']},
    Gateway: {role: 'gateway', versions: ['v1', 'v1beta1']},
    GatewayClass: {role: 'furniture', versions: ['v1', 'v1beta1']},
    ReferenceGrant: {role: 'grant', versions: ['v1beta1', 'v1', 'v1alpha2']},
  },
};

export interface ApiVersion {
  readonly group: string;
  readonly version: string;
}

/** `group/version`, or the version alone for the core group. */
export function parseApiVersion(text: string): ApiVersion {
  const slash = text.indexOf('/');
  return slash < 0
    ? {group: groups.core, version: text}
    : {group: text.slice(0, slash), version: text.slice(slash + 1)};
}

export interface Classification {
  readonly role: Role;
  /** What is wrong with it, in which of its two members, and what to do. */
  readonly complaint?: {
    readonly message: string;
    readonly key: 'apiVersion' | 'kind';
    readonly hint: string;
  };
}

/** What a kind is to us, or what is wrong with its name, group or version. */
export function classifyKind(kind: string, {group, version}: ApiVersion): Classification {
  const known = Object.hasOwn(kinds, group) ? (kinds[group] ?? {}) : {};
  const found = Object.hasOwn(known, kind) ? known[kind] : undefined;
  if (found !== undefined) {
    const [current] = found.versions;
    if (found.versions.includes(version) || current === undefined) return {role: found.role};
    const message = `\`${kind}\` has no version \`${version}\``;
    return {role: found.role, complaint: {message, key: 'apiVersion', hint: writeVersion(group, current)}};
  }
  return looksLikeOurs(group) ? classifyUnknown(kind, group, known) : {role: 'foreign'};
}

function classifyUnknown(kind: string, group: string, known: Readonly<Record<string, Kind>>): Classification {
  const [home] = Object.entries(kinds).flatMap(([name, others]) =>
    Object.hasOwn(others, kind) ? [writeVersion(name, others[kind]?.versions[0] ?? '')] : [],
  );
  if (home !== undefined) {
    const message = `\`${kind}\` is no kind of ${group === '' ? "Kubernetes' own" : `\`${group}\``}`;
    return {role: 'foreign', complaint: {message, key: 'apiVersion', hint: home}};
  }
  const [meant] = closeMatches(kind, servedKinds(known), 0.8);
  if (meant === undefined) return {role: 'foreign'};
  const message = `\`${kind}\` is no known kind`;
  return {role: 'foreign', complaint: {message, key: 'kind', hint: `Did you mean \`${meant}\`?`}};
}

function writeVersion(group: string, version: string): string {
  return `Write \`apiVersion: ${group === '' ? '' : `${group}/`}${version}\`.`;
}

function servedKinds(known: Readonly<Record<string, Kind>>): readonly string[] {
  return Object.keys(known).filter((kind) => known[kind]?.role !== 'furniture');
}

/** A kind of the same name in somebody else's group (`gateway.envoyproxy.io` has a `Backend` too) is not a slip. */
function looksLikeOurs(group: string): boolean {
  return Object.hasOwn(kinds, group) || closeMatches(group, Object.keys(kinds), 0.85).length > 0;
}
