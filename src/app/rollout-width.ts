import type {CollectOptions} from '../collect/collect-rollouts.ts';
import type {Clock} from '../core/clock.ts';
import type {Deployments} from './open-deployments.ts';

// Soon enough beside the seconds after which silence is noticed.
const lookEveryMs = 1_000;

/**
 * `width`, and one more for each call that hangs at one of several deployments while another answers: else those that hang
 * would keep as many rollouts from the one that is left, until their time limits.
 */
export function rolloutWidth(
  width: number | (() => number),
  deployments: Pick<Deployments, 'all'>,
  clock: Clock,
): Pick<CollectOptions, 'concurrency' | 'onConcurrencyChange'> {
  const pools = [...deployments.all.values()].filter(({members}) => members.size > 0);
  if (pools.length === 0) return {concurrency: width};
  let hung = 0;
  return {
    concurrency: () => (typeof width === 'number' ? width : width()) + hung,
    onConcurrencyChange(tell) {
      const look = (): void => {
        const before = hung;
        hung = pools.reduce((sum, {hungCalls}) => sum + hungCalls(), 0);
        stop = clock.setTimer(lookEveryMs, look);
        if (hung > before) tell();
      };
      let stop = clock.setTimer(lookEveryMs, look);
      return () => stop();
    },
  };
}
