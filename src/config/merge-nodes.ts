import {type ConfigNode, interpolationText, isMissing, type MapNode} from './config-node.ts';

/** Finds the map that a text of interpolation stands for, if it stands for one. */
export type LookupMap = (text: string) => MapNode | undefined;

/**
 * Merges two values as OmegaConf does: maps deep, lists and single values replaced, `???` never over a value.
 * A map over an interpolation is merged over what the interpolation stands for, where `lookup` knows it.
 */
export function mergeNodes(
  below: ConfigNode,
  above: ConfigNode,
  lookup: LookupMap = () => undefined,
): ConfigNode {
  if (isMissing(above)) return below;
  if (above.kind !== 'map') return above;
  const base = below.kind === 'map' ? below : lookup(interpolationText(below) ?? '');
  return base === undefined ? above : mergeMaps(base, above, lookup);
}

/** The same for maps. The result stands where `below` stood. */
export function mergeMaps(below: MapNode, above: MapNode, lookup: LookupMap = () => undefined): MapNode {
  const entries = new Map(below.entries);
  for (const [key, child] of above.entries) {
    const existing = entries.get(key);
    entries.set(key, existing === undefined ? child : mergeNodes(existing, child, lookup));
  }
  return {...below, entries};
}
