import {RollcallError} from '../core/errors.ts';
import {asNumber, asString, isDeeperThan, type JsonObject} from '../core/json.ts';
import type {WireFacts} from '../core/wire.ts';
import {StreamError} from './stream-error.ts';

/**
 * Tells a client what ended its stream, as the error object itself: `{message, type, code, param}`. Is given what was
 * thrown, a `StreamError` for an error of the service's own; whoever knows secrets takes them out here.
 */
export type DescribeError = (thrown: unknown) => JsonObject;

/** An error object as clients know it, with whatever else the service said of it. */
export interface DescribedError extends JsonObject {
  readonly message: string;
  readonly type: string;
  readonly code: string | number | null;
  readonly param: string | null;
}

/**
 * Describes what ended a stream for its client and notes it in a word as `facts.errorCode`. Without a `describeError`
 * the service's own errors are kept as they are, and nothing is quoted of what is no error of ours.
 */
export function reportFailure(
  thrown: unknown,
  facts: WireFacts,
  describeError: DescribeError = describePlainly,
): DescribedError {
  const described = describeError(thrown);
  const {message, type, code, param, ...more} = described;
  const error = {
    message: asString(message) || 'The service reported an error and gave no reason.',
    type: asString(type) ?? 'server_error',
    code: asString(code) ?? asNumber(code) ?? null,
    param: asString(param) ?? null,
    // What is nested without end cannot be written.
    ...(isDeeperThan(described, deepestError) ? {} : more),
  };
  facts.errorCode = errorWord(error);
  return error;
}

// An error's details are a few levels.
const deepestError = 20;

/** An error object in a word that may stand in a log or name a metric. */
export function errorWord({code, type}: JsonObject): string {
  const words = [code, type].map((value) => asNumber(value)?.toString() ?? asString(value) ?? '');
  return words.find((word) => plainWord.test(word)) ?? 'error';
}

const plainWord = /^[\w.:-]{1,60}$/;

function describePlainly(thrown: unknown): JsonObject {
  if (thrown instanceof StreamError) return thrown.error;
  if (thrown instanceof RollcallError) return {message: thrown.message, code: thrown.code};
  return {message: 'The stream from the model broke off.', code: 'ERR_MODEL_TRUNCATED'};
}
