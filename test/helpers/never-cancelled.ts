import type {Cancellation} from '../../src/core/cancellation.ts';

/** A cancellation that never happens. */
export const neverCancelled: Cancellation = {reason: undefined, onCancel: () => () => undefined};
