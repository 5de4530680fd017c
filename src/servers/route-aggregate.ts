import {z} from 'zod';
import type {JsonObject} from '../core/json.ts';
import {aggregateRecords} from '../metrics/aggregate-metrics.ts';
import {checkBody, must, objectSchema} from './route-body.ts';
import type {ServiceRoute} from './service.ts';

const schema = z.looseObject({
  verify_responses: z.array(objectSchema, must('a list of verify responses')),
});

/** `POST /aggregate_metrics`: NeMo Gym's statistics over the records of one server. An identity that is there twice is refused. */
export function aggregateRoute(serverName: string): ServiceRoute {
  return {
    method: 'POST',
    path: '/aggregate_metrics',
    handle({body, notes}) {
      notes.operation = 'aggregate_metrics';
      notes.target = serverName;
      const {verify_responses: records} = checkBody(body, schema);
      return {body: {json: aggregateRecords(records as readonly JsonObject[], serverName)}};
    },
  };
}
