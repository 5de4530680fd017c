import type {ModelClient} from '../core/ports.ts';
import type {Admission, Priority} from './admission.ts';
import type {Dispatcher} from './dispatcher.ts';

/** The same model, admitted and retried by `dispatcher`; its trace counts every exchange and all waiting. */
export function dispatchModel(model: ModelClient, dispatcher: Dispatcher, priority: Priority): ModelClient {
  return async (params, {cancellation}) => {
    const {value, calls, queuedMs, callMs} = await dispatcher.dispatch((options) => model(params, options), {
      cancellation,
      priority,
    });
    return {response: value.response, trace: {...value.trace, calls, queuedMs, callMs}};
  };
}

/** The same model behind one more limit, such as the judge's own; time waiting for it counts as queued. */
export function limitModel(model: ModelClient, admission: Admission, now: () => number): ModelClient {
  return async (params, options) => {
    const from = now();
    const release = await admission.admit({priority: 'begun', cancellation: options.cancellation});
    const waitedMs = now() - from;
    try {
      const {response, trace} = await model(params, options);
      return {response, trace: {...trace, queuedMs: trace.queuedMs + waitedMs}};
    } finally {
      release();
    }
  };
}
