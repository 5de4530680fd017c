import {noAiPolicies} from './ai-policies.ts';
import type {GatewayBackend, RouteKind} from './gateway-config.ts';
import type {ObjectReader} from './object-reader.ts';
import {describeTiers, nameProviders, readProviderName, type Tiers, wholeTiers} from './provider-tiers.ts';
import {type ProviderSurroundings, type ReadProvider, readKgatewayProvider} from './read-provider.ts';
import type {Resource} from './resources.ts';
import type {SecretStore} from './secret-store.ts';

export interface BackendSurroundings {
  /** Under which the configuration keeps it. */
  readonly name: string;
  readonly secrets: SecretStore;
}

export interface BackendResult {
  readonly backend: GatewayBackend;
  /** Its deployments, for people. */
  readonly about: string;
}

const otherMembers = ['aws', 'static', 'dynamicForwardProxy', 'mcp'];
const types = ['AI', 'AWS', 'Static', 'DynamicForwardProxy', 'MCP'] as const;
const groupCount = {min: 1, max: 32};
const poolCount = {min: 1, max: 20};

/** Reads kgateway's `Backend`, as 2.1 has it and as 2.0 had it (`llm.provider`, `multipool`, the overrides' older names). */
export function readKgatewayBackend(
  resource: Resource,
  surroundings: BackendSurroundings,
): BackendResult | undefined {
  const spec = resource.reader.requiredChild('spec');
  const ai = spec === undefined ? undefined : readUnion(spec);
  if (ai === undefined) return undefined;
  const {namespace, kind, id} = resource;
  const base = {namespace, secrets: surroundings.secrets, owner: `${kind} ${id}`};
  const member = ai.exactlyOne(['llm', 'priorityGroups', 'multipool']);
  const tiers =
    member === undefined
      ? undefined
      : member === 'llm'
        ? readSingle(ai, {...base, name: resource.name})
        : readTiers(ai, member, base);
  if (tiers === undefined) return undefined;
  const backend: GatewayBackend = {
    name: surroundings.name,
    groups: nameProviders(tiers),
    ...noAiPolicies,
    routes: sharedRoutes(ai, tiers),
  };
  return {backend, about: describeTiers(tiers)};
}

/** `type` says which member there is; later versions do without it. */
function readUnion(spec: ObjectReader): ObjectReader | undefined {
  // The first releases of 2.0 wrote it small.
  const type = spec.has('type') && spec.text('type') === 'ai' ? 'AI' : spec.choice('type', types);
  if (spec.has('type') && type === undefined) return undefined;
  if (type !== undefined && type !== 'AI') {
    spec.problem(`\`${type}\` is not supported: only backends of type \`AI\` are`, {key: 'type'});
    spec.ignore('ai', ...otherMembers);
    return undefined;
  }
  spec.notSupported(otherMembers, 'Only `spec.ai` is supported.');
  if (type !== undefined && !spec.has('ai')) {
    spec.problem(`\`type: ${type}\` needs \`ai\``);
    return undefined;
  }
  return spec.requiredChild('ai');
}

type Base = Omit<ProviderSurroundings, 'name'>;

function readSingle(ai: ObjectReader, surroundings: ProviderSurroundings): Tiers | undefined {
  const reader = ai.child('llm');
  const provider = reader === undefined ? undefined : readKgatewayProvider(reader, surroundings);
  return provider === undefined ? undefined : [[provider]];
}

function readTiers(ai: ObjectReader, member: 'priorityGroups' | 'multipool', base: Base): Tiers | undefined {
  const isPool = member === 'multipool';
  const groups = isPool
    ? (ai.child(member)?.children('priorities', poolCount) ?? [])
    : ai.children(member, groupCount);
  const tiers = groups.map((group, tier) => {
    const taken = new Set<string>();
    const list = isPool ? 'pool' : 'providers';
    group.require(list);
    return group.children(list, isPool ? poolCount : groupCount).map((reader, index) => {
      const name = isPool ? `pool-${tier + 1}-${index + 1}` : readProviderName(reader, taken);
      return readKgatewayProvider(reader, {...base, name});
    });
  });
  return wholeTiers(tiers);
}

/** A path means one thing, whichever provider serves it. */
function sharedRoutes(ai: ObjectReader, tiers: Tiers): Readonly<Record<string, RouteKind>> | undefined {
  const given = tiers.flat().flatMap(({routes}: ReadProvider) => (routes === undefined ? [] : [routes]));
  const merged = new Map<string, RouteKind>();
  for (const [suffix, kind] of given.flatMap((routes) => Object.entries(routes))) {
    if ((merged.get(suffix) ?? kind) !== kind) {
      ai.problem(`\`routes\` of its providers do not agree on "${suffix}"`, {
        hint: 'Write the same `routes` for each.',
      });
    }
    merged.set(suffix, kind);
  }
  return merged.size === 0 ? undefined : Object.fromEntries(merged);
}
