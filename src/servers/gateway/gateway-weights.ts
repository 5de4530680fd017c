import type {Random} from '../../core/clock.ts';
import type {WeightedBackend} from '../../manifests/gateway-config.ts';

/** A backend by its share of the weights; undefined when none has a weight. One draw. */
export function pickBackend(backends: readonly WeightedBackend[], random: Random): string | undefined {
  const weighted = backends.filter(({weight}) => weight > 0);
  const total = weighted.reduce((sum, {weight}) => sum + weight, 0);
  let left = random() * total;
  const picked = weighted.find(({weight}) => (left -= weight) < 0);
  // Shares that are no whole numbers may leave a rest for the last.
  return (picked ?? weighted.at(-1))?.backend;
}
