import type {Clock} from '../../core/clock.ts';
import {findRoute} from '../checks/route.ts';
import type {Exchange} from '../exchange.ts';
import {onceOver} from '../once-over.ts';
import {apiVersionOf, type Incoming} from '../request-handler.ts';
import type {Ledger, LedgerEntry} from './ledger.ts';
import {toLedgerEntry} from './ledger-entry.ts';

/** What came of an exchange that no layers decided about. */
export interface Outcome {
  /** Null where no reply is sent. */
  readonly status: number | null;
  readonly layer: string;
  readonly requestId?: string | undefined;
  readonly deployment?: string | undefined;
}

export interface NotingDeps {
  readonly sequence: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
}

/**
 * Watches an exchange for the ledger: call what it returns when the outcome is known; the first time counts. Its end, and
 * an end before that, are noted without being told.
 */
export function noteExchange(incoming: Incoming, deps: NotingDeps): (outcome: Outcome) => void {
  const {ledger, clock} = deps;
  const {request, response} = incoming;
  const arrivedAt = clock.now();
  const arrivedMs = clock.monotonic();
  let entry: LedgerEntry | undefined;
  const note = ({requestId = '', ...outcome}: Outcome): LedgerEntry => {
    if (entry !== undefined) return entry;
    entry = toLedgerEntry(toExchange(incoming, deps.sequence), {...outcome, requestId, arrivedAt});
    ledger.record(entry);
    return entry;
  };
  onceOver(request, response, () => {
    const ended = response.writableFinished ? 'sent' : 'cut';
    ledger.finish(note({status: null, layer: 'none'}), ended, clock.monotonic() - arrivedMs);
  });
  return note;
}

function toExchange({request, path, query, body}: Incoming, sequence: number): Exchange {
  const {method = 'GET', headers} = request;
  const exchange = {sequence, method, path, apiVersion: apiVersionOf(query), headers, body};
  const route = findRoute(method, path);
  return 'kind' in route ? exchange : {...exchange, route};
}
