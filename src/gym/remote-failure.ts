import {type CallEffect, CallError, type CallErrorOptions} from '../core/errors.ts';

/** Whose server a call goes to: what its failure is counted as. */
export type RemoteFault = 'agent' | 'judge';

export interface RemoteFailureOptions extends Omit<CallErrorOptions, 'code' | 'fault' | 'effect'> {
  readonly effect?: CallEffect | undefined;
}

/** The request or its reply was lost or refused on the way: `ERR_AGENT_REQUEST`, for a judge `ERR_JUDGE_CALL`. */
export function requestFailed(
  fault: RemoteFault,
  message: string,
  rest: RemoteFailureOptions = {},
): CallError {
  const code = fault === 'judge' ? 'ERR_JUDGE_CALL' : 'ERR_AGENT_REQUEST';
  return new CallError(message, {...rest, code, fault, effect: rest.effect ?? 'retry'});
}

/** The server itself answered with an error, or with what is no answer: `ERR_AGENT_RUN`, for a judge `ERR_JUDGE_CALL`. */
export function runFailed(fault: RemoteFault, message: string, rest: RemoteFailureOptions = {}): CallError {
  const code = fault === 'judge' ? 'ERR_JUDGE_CALL' : 'ERR_AGENT_RUN';
  return new CallError(message, {...rest, code, fault, effect: rest.effect ?? 'retry'});
}
