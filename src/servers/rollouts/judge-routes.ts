import {z} from 'zod';
import {CallError} from '../../core/errors.ts';
import type {JsonObject} from '../../core/json.ts';
import type {Judge, Logger} from '../../core/ports.ts';
import type {ServiceHandler, ServiceRoute} from '../http/service.ts';
import {aggregateRoute} from './route-aggregate.ts';
import {checkBody, must, objectSchema, paramsSchema} from './route-body.ts';
import {createFailureLog} from './route-failure-log.ts';
import {noteTraces} from './route-notes.ts';
import {scoredRecord, unjudgedRecord, withoutResults} from './route-records.ts';

export interface JudgeRoutesOptions {
  /** The instance's name. */
  readonly name: string;
  readonly judge: Judge;
  readonly logger: Logger;
}

/**
 * A judge as NeMo Gym's resources server: `/seed_session`, `/verify`, `/aggregate_metrics`, `/reverify_mode`. A judge call that
 * fails is a reply with status 200 and `_ng_failure_class`, as there; a verdict depends on nothing but its request.
 */
export function judgeRoutes(options: JudgeRoutesOptions): readonly ServiceRoute[] {
  return [
    {method: 'POST', path: '/seed_session', handle: () => ({body: {json: {}}})},
    {method: 'POST', path: '/verify', handle: verifyWith(options)},
    aggregateRoute(options.name),
    {method: 'GET', path: '/reverify_mode', handle: () => ({body: {json: 'stateless'}})},
    {method: 'GET', path: '/', handle: () => ({body: {json: {status: 'ok'}}})},
  ];
}

const text = z.string();
const verifySchema = z.looseObject({
  responses_create_params: paramsSchema,
  response: z.looseObject({output: z.array(z.unknown(), must('a list of items'))}, must('an object')),
  expected_answer: z.string(must('a text or null')).nullish(),
  uuid: z.union([text, z.int(), z.bigint()], must('a text, a whole number or null')).nullish(),
  options: z
    .array(z.record(text, z.string(must('a text')), must('an object of texts')), must('a list of objects'))
    .nullish(),
  metadata: objectSchema.nullish(),
});

function verifyWith({name, judge, logger}: JudgeRoutesOptions): ServiceHandler {
  const log = createFailureLog(name, logger);
  return async ({body, cancellation, notes}) => {
    notes.operation = 'verify';
    notes.target = name;
    const request = checkBody(body, verifySchema);
    const response = request['response'] as JsonObject;
    const row = withoutResults(request);
    try {
      const verification = await judge(row, response, {cancellation});
      log.succeeded();
      noteTraces(notes, verification.traces);
      return {body: {json: scoredRecord(row, response, verification)}};
    } catch (error) {
      if (!(error instanceof CallError) || error === cancellation.reason) throw error;
      log.failed(error);
      notes.error = error.code;
      return {body: {json: unjudgedRecord(row, response, error)}};
    }
  };
}
