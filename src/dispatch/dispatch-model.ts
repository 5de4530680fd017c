import type {JsonObject} from '../core/json.ts';
import type {ModelClient} from '../core/ports.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {ModelReply} from '../core/rollout.ts';
import type {Spending} from '../core/spending.ts';
import type {Admission, Priority} from './admission.ts';
import type {Dispatcher, ExchangeOptions} from './dispatcher.ts';

/** How the calls of a model, or of a door, are admitted. */
export interface DispatchTerms<Request> {
  readonly priority: Priority;
  /** What a request takes of the deployment's tokens. */
  readonly tokensOf?: ((request: Request) => number) | undefined;
  /** What a request has in common with others that the same of several deployments had better answer. */
  readonly affinityOf?: ((request: Request) => string) | undefined;
  /** What each of several deployments is called. */
  readonly names?: readonly string[] | undefined;
  /** What one of several deployments would have used, had it given the answer. */
  readonly spentBy?: ((member: number, response: JsonObject) => Spending | undefined) | undefined;
}

/** Answers as a `ModelClient` does, at the deployment that the options say. */
export type MemberClient = (params: JsonObject, options: ExchangeOptions) => Promise<ModelReply>;

/** The same model, admitted and retried by `dispatcher`; its trace counts every exchange and all waiting. */
export function dispatchModel(
  model: MemberClient,
  dispatcher: Dispatcher,
  {priority, tokensOf, affinityOf, names = [], spentBy}: DispatchTerms<JsonObject>,
): ModelClient {
  return async (params, {cancellation, isBegun}) => {
    const dispatched = await dispatcher.dispatch((options) => model(params, options), {
      cancellation,
      priority: isBegun === true ? 'begun' : priority,
      tokens: tokensOf && (() => tokensOf(params)),
      affinityKey: affinityOf && (() => affinityOf(params)),
      limitsOf,
    });
    const {value, calls, queuedMs, callMs, lostCopies} = dispatched;
    const {response, trace} = value;
    if (lostCopies === undefined) return {response, trace: {...trace, calls, queuedMs, callMs}};
    const hedged = lostCopies.map(({member, tookMs}) => ({
      deployment: names[member] ?? trace.deployment,
      ifAnswered: spentBy?.(member, response),
      callMs: tookMs,
    }));
    return {response, trace: {...trace, calls, queuedMs, callMs, hedged}};
  };
}

function limitsOf({trace}: ModelReply): RateLimits | undefined {
  return trace.rateLimits;
}

/** The same model behind one more limit, such as the judge's own; time waiting for it counts as queued. */
export function limitModel(model: ModelClient, admission: Admission, now: () => number): ModelClient {
  return async (params, options) => {
    const from = now();
    const place = await admission.admit({priority: 'begun', cancellation: options.cancellation});
    const waitedMs = now() - from;
    try {
      const {response, trace} = await model(params, options);
      return {response, trace: {...trace, queuedMs: trace.queuedMs + waitedMs}};
    } finally {
      place.release();
    }
  };
}
