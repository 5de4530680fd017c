import type {JsonObject} from '../../core/json.ts';

const bodies: ReadonlyMap<number, JsonObject> = new Map<number, JsonObject>([
  [
    401,
    error(
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
      {code: '401'},
    ),
  ],
  [403, error('Access denied due to Virtual Network/Firewall rules.', {code: '403'})],
  [404, error('Resource not found', {code: '404'})],
  [408, error('Operation timed out', {code: 'Timeout'})],
  [
    429,
    error(
      'The system is currently experiencing high demand and cannot process your request. Your request exceeds the maximum usage size allowed during peak load. For improved capacity reliability, consider switching to Provisioned Throughput.',
      {code: 'NoCapacity', type: 'too_many_requests', param: null},
    ),
  ],
  [
    500,
    error('The server had an error while processing your request. Sorry about that!', {
      type: 'server_error',
      param: null,
      code: null,
    }),
  ],
  [
    503,
    error('The service is temporarily unable to process your request. Please try again later.', {
      code: 'ServiceUnavailable',
    }),
  ],
]);

/** The body that the service is known to send with a status; a gateway's for the others. */
export function faultBody(status: number): JsonObject {
  return (
    bodies.get(status) ?? {
      statusCode: status,
      message: status < 500 ? 'Request failed' : 'Internal server error',
    }
  );
}

function error(message: string, fields: JsonObject): JsonObject {
  return {error: {message, ...fields}};
}
