import {CallError, type CallErrorOptions} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {CompletedOutcome, FailedOutcome, Rollout} from '../../src/core/rollout.ts';

/** A rollout of a row with these members, as the dataset room writes it. */
export function rolloutOf(
  taskIndex: number,
  rolloutIndex = 0,
  {attempt = 1, members = '"q":1.0'} = {},
): Rollout {
  const text = `{${members},"responses_create_params":{"input":"x"},"agent_ref":{"name":"solver"},"_ng_task_index":${taskIndex},"_ng_rollout_index":${rolloutIndex}}`;
  return {
    id: {taskIndex, rolloutIndex},
    agentName: 'solver',
    attempt,
    row: JSON.parse(text) as JsonObject,
    text,
  };
}

export function completedOutcome(
  rollout: Rollout,
  options: Partial<CompletedOutcome> = {},
): CompletedOutcome {
  return {
    status: 'completed',
    rollout,
    response: {id: 'resp_1', output: []},
    trace: {deployment: 'gpt', calls: 1, queuedMs: 1.26, callMs: 200, requestId: 'req_1'},
    verification: undefined,
    judgeMs: 0,
    ...options,
  };
}

export function failedOutcome(rollout: Rollout, options: Partial<CallErrorOptions> = {}): FailedOutcome {
  const error = new CallError('it broke', {code: 'ERR_MODEL', fault: 'model', effect: 'retry', ...options});
  return {status: 'failed', rollout, error, response: undefined};
}
