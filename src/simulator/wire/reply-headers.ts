import type {LedgerEntry} from '../control/ledger.ts';
import type {HeaderList} from './reply.ts';

/** Says on every reply that no model made it. */
export const simulatedHeader: HeaderList = ['x-rollcall-simulated', 'true'];

/** The headers that every reply of the resource carries, whatever came of the request. */
export function createReplyHeaders(region: string): (entry: LedgerEntry) => HeaderList {
  const fixed = [
    ...simulatedHeader,
    'x-ms-region',
    region,
    'strict-transport-security',
    'max-age=31536000; includeSubDomains; preload',
    'x-content-type-options',
    'nosniff',
    'cache-control',
    'no-cache, must-revalidate',
  ];
  return ({request_id: id, client_request_id: clientId, deployment}) => {
    const headers = [...fixed, 'apim-request-id', id, 'x-request-id', id];
    if (clientId !== null) headers.push('x-ms-client-request-id', clientId);
    if (deployment !== null)
      headers.push(
        'x-ms-deployment-name',
        encodeURIComponent(deployment),
        'azureml-model-session',
        'simulated',
      );
    return headers;
  };
}
