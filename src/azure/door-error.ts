import {CallError, type CallErrorOptions, callErrorOptions} from '../core/errors.ts';
import {asJsonObject} from '../core/json.ts';
import {AzureCallError, statusOfInner} from './errors.ts';

export interface BadRequest {
  /** A word for programs. */
  readonly code: string;
  /** Where in the request. */
  readonly param: string | null;
  readonly options: Pick<CallErrorOptions, 'code'> & Partial<CallErrorOptions>;
}

/** A request that is refused here, in the words that the service has for such refusals. */
export function badRequest(message: string, {code, param, options}: BadRequest): CallError {
  return new CallError(message, {
    fault: 'model',
    effect: 'rollout',
    ...options,
    httpStatus: 400,
    body: {error: {message, type: 'invalid_request_error', code, param}},
  });
}

/** What a door's request says about whose failure a refusal is. */
export interface DoorErrorContext {
  /** The key was the client's own. */
  readonly isOwnKey: boolean;
  /** The deployment was the client's choice. */
  readonly isOwnDeployment: boolean;
}

/**
 * A failed call as a door tells it: with the status that its client should see. Everything else that is thrown stays as
 * it is, the cancellation's reason above all.
 */
export function toDoorError(thrown: unknown, context: DoorErrorContext): unknown {
  if (!(thrown instanceof CallError)) return thrown;
  if (thrown.code === 'ERR_CONVERSION') return toBadRequest(thrown);
  const {httpStatus} = thrown;
  const status = httpStatus === undefined || httpStatus >= 400 ? httpStatus : statusOfFailedSuccess(thrown);
  const effect = isClientsFault(thrown, context) ? 'rollout' : thrown.effect;
  return status === httpStatus && effect === thrown.effect
    ? thrown
    : copyOf(thrown, {httpStatus: status, effect});
}

function toBadRequest(error: CallError): CallError {
  const {message, code, hint, problems, cause} = error;
  const param = problems[0]?.path ?? null;
  return badRequest(message, {
    ...{code: 'unsupported_value', param},
    options: {code, fault: error.fault, hint, problems, cause},
  });
}

/** Errors inside a success stand for the status that the service would have given; what is no answer is the gateway's 502. */
function statusOfFailedSuccess({body, httpStatus = 0}: CallError): number {
  const error = asJsonObject(body?.['error']);
  return error === undefined || httpStatus >= 300 ? 502 : statusOfInner(error);
}

/** Every deployment would refuse a client's own key, or a model that the client made up. */
function isClientsFault({effect, code}: CallError, {isOwnKey, isOwnDeployment}: DoorErrorContext): boolean {
  if (effect !== 'run') return false;
  if (isOwnKey && (code === 'ERR_MODEL_AUTH' || code === 'ERR_MODEL_FORBIDDEN')) return true;
  return isOwnDeployment && (code === 'ERR_MODEL_DEPLOYMENT_NOT_FOUND' || code === 'ERR_MODEL_OPERATION');
}

function copyOf(error: CallError, change: Pick<CallErrorOptions, 'httpStatus' | 'effect'>): CallError {
  const options = {...callErrorOptions(error), ...change};
  return error instanceof AzureCallError
    ? new AzureCallError(error.message, {...options, simulated: error.simulated})
    : new CallError(error.message, options);
}
