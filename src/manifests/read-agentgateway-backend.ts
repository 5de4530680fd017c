import {type AiPolicies, noAiPolicies, readAiPolicies} from './ai-policies.ts';
import type {ObjectReader} from './object-reader.ts';
import {describeTiers, nameProviders, readProviderName, type Tiers} from './provider-tiers.ts';
import type {BackendResult, BackendSurroundings} from './read-kgateway-backend.ts';
import {readAgentgatewayProvider} from './read-provider.ts';
import type {Resource} from './resources.ts';

const members = ['ai', 'static', 'dynamicForwardProxy', 'mcp', 'aws', 'a2a'] as const;
const groupCount = {min: 1, max: 8};
const providerCount = {min: 1, max: 16};

/** Reads agentgateway's own backend: `ai.provider` or `ai.groups`, with policies for all or for one of them. */
export function readAgentgatewayBackend(
  resource: Resource,
  surroundings: BackendSurroundings,
): BackendResult | undefined {
  const spec = resource.reader.requiredChild('spec');
  if (spec === undefined) return undefined;
  const member = spec.exactlyOne(members);
  const policies = spec.child('policies');
  if (member !== undefined && member !== 'ai') spec.notSupported([member], 'Only `spec.ai` is supported.');
  if (policies !== undefined) checkPolicies(policies, member);
  const ai = member === 'ai' ? spec.child('ai') : undefined;
  if (ai === undefined) return undefined;
  const read = new BackendReader(resource, policies, surroundings);
  const way = ai.exactlyOne(['provider', 'groups']);
  const tiers = way === undefined ? undefined : way === 'provider' ? read.single(ai) : read.groups(ai);
  const aiPolicies = readAiPolicies(policies?.child('ai'));
  if (tiers === undefined) return undefined;
  return {
    backend: {
      name: surroundings.name,
      groups: nameProviders(tiers),
      ...mergePolicies(aiPolicies, read.ownPolicies),
    },
    about: describeTiers(tiers),
  };
}

class BackendReader {
  /** Of the one provider, if there is only one. */
  ownPolicies: AiPolicies = noAiPolicies;
  readonly #resource: Resource;
  readonly #auth: ObjectReader | undefined;
  readonly #surroundings: BackendSurroundings;

  constructor(resource: Resource, policies: ObjectReader | undefined, surroundings: BackendSurroundings) {
    this.#resource = resource;
    this.#auth = policies?.child('auth');
    this.#surroundings = surroundings;
  }

  single(ai: ObjectReader): Tiers | undefined {
    const reader = ai.child('provider');
    const provider =
      reader === undefined
        ? undefined
        : readAgentgatewayProvider(reader, this.#auth, this.#named(this.#resource.name));
    return provider === undefined ? undefined : [[provider]];
  }

  groups(ai: ObjectReader): Tiers | undefined {
    const groups = ai.children('groups', groupCount).map((group) => {
      if (!group.has('providers')) group.requiredChild('providers');
      return group.children('providers', providerCount);
    });
    const isAlone = groups.flat().length === 1;
    const tiers = groups.map((readers) => {
      const taken = new Set<string>();
      return readers.map((reader) => this.#grouped(reader, taken, isAlone));
    });
    const whole = tiers.map((tier) => tier.filter((provider) => provider !== undefined));
    const isWhole = whole.every((tier, index) => tier.length > 0 && tier.length === tiers[index]?.length);
    return isWhole && whole.length > 0 ? whole : undefined;
  }

  #grouped(
    reader: ObjectReader,
    taken: Set<string>,
    isAlone: boolean,
  ): ReturnType<typeof readAgentgatewayProvider> {
    const name = readProviderName(reader, taken);
    const policies = reader.child('policies');
    if (policies !== undefined) {
      checkPolicies(policies, 'ai');
      if (isAlone) this.ownPolicies = readAiPolicies(policies.child('ai'));
      else policies.notSupported(['ai'], "Write it once, in the backend's own `policies`.");
    }
    return readAgentgatewayProvider(reader, policies?.child('auth') ?? this.#auth, this.#named(name));
  }

  #named(name: string): Parameters<typeof readAgentgatewayProvider>[2] {
    const {namespace, kind, id} = this.#resource;
    return {name, namespace, secrets: this.#surroundings.secrets, owner: `${kind} ${id}`};
  }
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
