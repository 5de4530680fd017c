import type {GatewayProvider} from './gateway-config.ts';
import type {ObjectReader} from './object-reader.ts';
import type {ReadProvider} from './read-provider.ts';

/** Tiers of providers, the best first. */
export type Tiers = readonly (readonly ReadProvider[])[];

/** `a at …, b at …; then c at …`. */
export function describeTiers(tiers: Tiers): string {
  return tiers.map((tier) => tier.map(({about}) => about).join(', ')).join('; then ');
}

/** The tiers, if there is one, none is empty, and every provider of each could be read. */
export function wholeTiers(tiers: readonly (readonly (ReadProvider | undefined)[])[]): Tiers | undefined {
  const whole = tiers.map((tier) => tier.filter((provider) => provider !== undefined));
  const isWhole = whole.every((tier, index) => tier.length > 0 && tier.length === tiers[index]?.length);
  return isWhole && whole.length > 0 ? whole : undefined;
}

/** The providers as the configuration has them, each under a name that no other one of the backend has. */
export function nameProviders(tiers: Tiers): readonly (readonly GatewayProvider[])[] {
  const taken = new Set<string>();
  return tiers.map((tier, index) =>
    tier.map(({provider}) => {
      const name = freeName(provider.name, index, taken);
      taken.add(name);
      return {...provider, name};
    }),
  );
}

/** Reads `name`, which must be a DNS label and unique in its group. */
export function readProviderName(reader: ObjectReader, taken: Set<string>): string {
  const name = reader.requiredText('name', {max: 253}) ?? '';
  if (name !== '' && !/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    reader.problem('is no name of a provider', {
      key: 'name',
      hint: 'Small letters, digits and `-`, at most 63; a letter or digit at both ends.',
    });
  } else if (taken.has(name) && name !== '') {
    reader.problem('names two providers of this group', {
      key: 'name',
      hint: 'Give one of them another name.',
    });
  }
  taken.add(name);
  return name;
}

function freeName(name: string, tier: number, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let candidate = `${name}-tier-${tier + 1}`;
  while (taken.has(candidate)) candidate += '-again';
  return candidate;
}
