import {compileWildcard} from './gateway-patterns.ts';

/** The model that a name stands for; the name itself where no alias fits. */
export type ResolveAlias = (model: string) => string;

/** An exact alias first, then the longest pattern that fits. An alias is not looked up again. */
export function compileAliases(aliases: Readonly<Record<string, string>>): ResolveAlias {
  const exact = new Map(Object.entries(aliases));
  const patterns = [...exact]
    .filter(([name]) => name.includes('*'))
    .sort(([a], [b]) => b.length - a.length)
    .map(([name, model]) => ({fits: compileWildcard(name), model}));
  return (model) => exact.get(model) ?? patterns.find(({fits}) => fits(model))?.model ?? model;
}
