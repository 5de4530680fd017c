import {z} from 'zod';
import {writeExactJson} from '../../core/exact-json.ts';
import {failureNotes} from '../../core/failure-notes.ts';
import type {JsonObject} from '../../core/json.ts';
import type {Agent, Logger, ResourcesServer, RolloutRunner} from '../../core/ports.ts';
import {servedProvenanceOf, servedProvenanceOfFailure} from '../../core/provenance.ts';
import type {CompletedOutcome, FailedOutcome, Rollout} from '../../core/rollout.ts';
import type {RequestNotes, ServiceHandler, ServiceRoute} from '../http/service.ts';
import {responseEvents} from './agent-events.ts';
import {aggregateRoute} from './route-aggregate.ts';
import {checkBody, indexSchema, must, paramsSchema} from './route-body.ts';
import {createFailureLog, type FailureLog} from './route-failure-log.ts';
import {noteResponse, noteTraces} from './route-notes.ts';
import {scoredRecord, unjudgedRecord, withoutResults} from './route-records.ts';

export interface AgentRoutesOptions {
  /** The instance's name. */
  readonly name: string;
  /** Runs whole rollouts, as `collect-rollouts` does. */
  readonly runner: RolloutRunner;
  /** The turns alone, for `/v1/responses`. */
  readonly agent: Agent;
  /** Where the agent's tools are, if it has any. */
  readonly resources: ResourcesServer | undefined;
  readonly logger: Logger;
}

/**
 * An agent as NeMo Gym's: `/run` takes a row to its record, `/v1/responses` parameters to an answer. A rollout that fails is a
 * reply with status 200 and `_ng_failure_class`, which collectors put aside; only what no rollout can survive is an error.
 */
export function agentRoutes(options: AgentRoutesOptions): readonly ServiceRoute[] {
  return [
    {method: 'POST', path: '/run', handle: runWith(options)},
    {method: 'POST', path: '/v1/responses', handle: respondWith(options)},
    aggregateRoute(options.name),
    {method: 'GET', path: '/', handle: () => ({body: {json: {status: 'ok'}}})},
  ];
}

const runSchema = z.looseObject({
  responses_create_params: paramsSchema,
  _ng_task_index: indexSchema,
  _ng_rollout_index: indexSchema,
  _ng_attempt_index: indexSchema,
});

function runWith({name, runner, logger}: AgentRoutesOptions): ServiceHandler {
  const log = createFailureLog(name, logger);
  return async ({body, cancellation, notes}) => {
    notes.operation = 'run';
    notes.target = name;
    const row = withoutResults(checkBody(body, runSchema));
    const outcome = await runner(rolloutOf(row, name), {cancellation});
    if (outcome.trace !== undefined) noteTraces(notes, [outcome.trace]);
    if (outcome.response !== undefined) noteResponse(notes, outcome.response);
    if (outcome.status === 'failed') return {body: {json: failedRecord(row, outcome, notes, log)}};
    log.succeeded();
    return {body: {json: completedRecord(row, outcome)}};
  };
}

function rolloutOf(row: JsonObject, agentName: string): Rollout {
  const index = (key: string): number => Number(row[key] ?? 0);
  return {
    id: {taskIndex: index('_ng_task_index'), rolloutIndex: index('_ng_rollout_index')},
    agentName,
    attempt: index('_ng_attempt_index') + 1,
    row,
    text: writeExactJson(row),
  };
}

function completedRecord(row: JsonObject, outcome: CompletedOutcome): JsonObject {
  const {response, verification} = outcome;
  const record = verification === undefined ? {...row, response} : scoredRecord(row, response, verification);
  return {...record, _rollcall: servedProvenanceOf(outcome)};
}

/** The record of a failure; one that every rollout would share is thrown. */
function failedRecord(
  row: JsonObject,
  outcome: FailedOutcome,
  notes: RequestNotes,
  log: FailureLog,
): JsonObject {
  const {error, response} = outcome;
  log.failed(error);
  if (response === undefined && error.effect === 'run') throw error;
  notes.error = error.code;
  notes.calls ??= error.calls;
  const record =
    response === undefined ? {...row, ...failureNotes(error, false)} : unjudgedRecord(row, response, error);
  return {...record, _rollcall: servedProvenanceOfFailure(outcome)};
}

const respondSchema = z.looseObject({
  input: z.union([z.string(), z.array(z.unknown())], must('a text or a list of items')),
  stream: z.boolean(must('true or false')).nullish(),
});

function respondWith({name, agent, resources}: AgentRoutesOptions): ServiceHandler {
  return async ({body, cancellation, notes}) => {
    notes.operation = 'responses';
    notes.target = name;
    const {stream, ...params} = checkBody(body, respondSchema);
    const row = {responses_create_params: params};
    const session = await resources?.(row, {cancellation});
    const {response, trace} = await agent(rolloutOf(row, name), {cancellation, session});
    noteTraces(notes, [trace]);
    noteResponse(notes, response);
    return {body: stream === true ? {events: responseEvents(response)} : {json: response}};
  };
}
