import {type AiPolicies, noAiPolicies, readAiPolicies} from './ai-policies.ts';
import type {AuthSurroundings} from './key-auth.ts';
import type {ObjectReader} from './object-reader.ts';
import {describeTiers, nameProviders, readProviderName, type Tiers, wholeTiers} from './provider-tiers.ts';
import type {BackendResult, BackendSurroundings} from './read-kgateway-backend.ts';
import {readAgentgatewayProvider} from './read-provider.ts';
import type {Resource} from './resources.ts';

const members = ['ai', 'static', 'dynamicForwardProxy', 'mcp', 'aws', 'a2a'] as const;
const groupCount = {min: 1, max: 8};
const providerCount = {min: 1, max: 16};

/** Reads agentgateway's own backend: `ai.provider` or `ai.groups`, with policies for all or for one of them. */
export function readAgentgatewayBackend(
  resource: Resource,
  {name, secrets}: BackendSurroundings,
): BackendResult | undefined {
  const spec = resource.reader.requiredChild('spec');
  if (spec === undefined) return undefined;
  const policies = spec.child('policies');
  const ai = readUnion(spec, policies);
  if (ai === undefined) return undefined;
  const {namespace, kind, id} = resource;
  const shared = {auth: policies?.child('auth'), namespace, secrets, owner: `${kind} ${id}`};
  const way = ai.exactlyOne(['provider', 'groups']);
  const tiers = way === 'groups' ? readGroups(ai, shared) : readSingle(ai, {...shared, name: resource.name});
  const ours = readAiPolicies(policies?.child('ai'));
  if (tiers === undefined) return undefined;
  const own = tiers[0]?.[0]?.policies ?? noAiPolicies;
  return {
    backend: {name, groups: nameProviders(tiers), ...mergePolicies(ours, own)},
    about: describeTiers(tiers),
  };
}

function readUnion(spec: ObjectReader, policies: ObjectReader | undefined): ObjectReader | undefined {
  const member = spec.exactlyOne(members);
  if (policies !== undefined) checkPolicies(policies, member);
  if (member === 'ai') return spec.child(member);
  if (member !== undefined) spec.notSupported([member], 'Only `spec.ai` is supported.');
  return undefined;
}

interface Shared extends AuthSurroundings {
  readonly owner: string;
  /** The backend's own, for providers without any. */
  readonly auth: ObjectReader | undefined;
}

function readSingle(ai: ObjectReader, shared: Shared & {readonly name: string}): Tiers | undefined {
  const reader = ai.child('provider');
  return reader === undefined
    ? undefined
    : wholeTiers([[readAgentgatewayProvider(reader, shared.auth, shared)]]);
}

function readGroups(ai: ObjectReader, shared: Shared): Tiers | undefined {
  const groups = ai.children('groups', groupCount).map((group) => {
    group.require('providers');
    return group.children('providers', providerCount);
  });
  const isAlone = groups.flat().length === 1;
  return wholeTiers(
    groups.map((readers) => {
      const taken = new Set<string>();
      return readers.map((reader) => {
        const name = readProviderName(reader, taken);
        const policies = readOwnPolicies(reader, isAlone);
        const auth = reader.child('policies')?.child('auth') ?? shared.auth;
        const provider = readAgentgatewayProvider(reader, auth, {...shared, name});
        return provider === undefined ? undefined : {...provider, policies};
      });
    }),
  );
}

/** What one provider does to requests; of several it is refused, since a request is made ready before one is chosen. */
function readOwnPolicies(provider: ObjectReader, isAlone: boolean): AiPolicies | undefined {
  const policies = provider.child('policies');
  if (policies === undefined) return undefined;
  checkPolicies(policies, 'ai');
  if (isAlone) return readAiPolicies(policies.child('ai'));
  policies.notSupported(['ai'], "Write it once, in the backend's own `policies`.");
  return undefined;
}

function checkPolicies(policies: ObjectReader, member: string | undefined): void {
  if (policies.has('ai') && member !== 'ai') policies.problem('needs an `ai` backend', {key: 'ai'});
  if (policies.has('mcp')) policies.problem('needs an `mcp` backend', {key: 'mcp'});
  policies.notSupported(
    ['transformation', 'extAuth'],
    'Take it out: requests would be sent without what it does to them.',
  );
  policies.notApplied(['tcp', 'tls', 'http', 'tunnel', 'proxyProtocol']);
  policies.notApplied(['health'], 'Deployments that fail are left alone for a while as they ask for it.');
}

/** Field by field: a provider's own win. */
function mergePolicies(ours: AiPolicies, own: AiPolicies): AiPolicies {
  return {
    routes: own.routes ?? ours.routes,
    overrides: {...ours.overrides, ...own.overrides},
    defaults: {...ours.defaults, ...own.defaults},
    modelAliases: {...ours.modelAliases, ...own.modelAliases},
    prepend: own.prepend.length > 0 ? own.prepend : ours.prepend,
    append: own.append.length > 0 ? own.append : ours.append,
  };
}
