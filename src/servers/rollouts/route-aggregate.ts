import {z} from 'zod';
import type {JsonObject} from '../../core/json.ts';
import {aggregateRecords} from '../../metrics/aggregate-metrics.ts';
import type {BodyLimits, ServiceRoute} from '../http/service.ts';
import {checkBody, must, objectSchema} from './route-body.ts';

const schema = z.looseObject({
  verify_responses: z.array(objectSchema, must('a list of verify responses')),
});

// NeMo Gym's collector sends the records of a whole run at once, the judge's transcripts in them: these are 5,000 with 50 kB each.
const bodyLimits: BodyLimits = {bytes: 268_435_456, values: 10_000_000};

/** `POST /aggregate_metrics`: NeMo Gym's statistics over the records of one server. An identity that is there twice is refused. */
export function aggregateRoute(serverName: string): ServiceRoute {
  return {
    method: 'POST',
    path: '/aggregate_metrics',
    bodyLimits,
    handle({body, notes}) {
      notes.operation = 'aggregate_metrics';
      notes.target = serverName;
      const {verify_responses: records} = checkBody(body, schema);
      return {body: {json: aggregateRecords(records as readonly JsonObject[], serverName)}};
    },
  };
}
