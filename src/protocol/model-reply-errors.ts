import {CallError} from '../core/errors.ts';

/** A reply that is not what the API promises; asking again may help. `what` describes it without quoting it. */
export function malformedReply(what: string, cause?: unknown): CallError {
  return new CallError(`The model's reply is malformed: ${what}.`, {
    code: 'ERR_MODEL_MALFORMED',
    fault: 'model',
    effect: 'retry',
    hint: 'If every call ends so, the endpoint does not speak the API that it is called through: check its URL and API.',
    cause,
  });
}

/** A stream that ended before its answer did; asking again may help. */
export function truncatedReply(what: string): CallError {
  return new CallError(`The model's stream was cut off: ${what}.`, {
    code: 'ERR_MODEL_TRUNCATED',
    fault: 'model',
    effect: 'retry',
    hint: 'A proxy or the service closed the connection early; if it happens often, look for an idle timeout on the way.',
  });
}
