import {type MapNode, withNodeAt} from './config-node.ts';
import {mergeMaps} from './merge-nodes.ts';

/**
 * NeMo Gym's stand-in: where a top-level `responses_api_models` block names `dummy_model` and a real implementation,
 * the stand-in's keys go under the real one's and the stand-in goes.
 */
export function mergeDummyModels(root: MapNode): MapNode {
  let result = root;
  for (const [name, instance] of root.entries) {
    const block = instance.kind === 'map' ? instance.entries.get('responses_api_models') : undefined;
    if (block?.kind !== 'map') continue;
    const dummy = block.entries.get('dummy_model');
    const real = [...block.entries].filter(([key, node]) => key !== 'dummy_model' && node.kind === 'map');
    if (dummy?.kind !== 'map' || real.length === 0) continue;
    const merged = [...block.entries]
      .filter(([key]) => key !== 'dummy_model')
      .map(([key, node]) => [key, node.kind === 'map' ? mergeMaps(dummy, node) : node] as const);
    result = withNodeAt(result, [name, 'responses_api_models'], {...block, entries: new Map(merged)});
  }
  return result;
}
