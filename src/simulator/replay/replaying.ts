import type {Clock} from '../../core/clock.ts';
import {asJsonObject, asString} from '../../core/json.ts';
import {findRoute} from '../checks/route.ts';
import type {Ledger} from '../control/ledger.ts';
import {noteExchange} from '../control/note-exchange.ts';
import {headerOf} from '../record/passed-headers.ts';
import {readJsonBody} from '../record/request-key.ts';
import {arrivedRequest, scrubRequest} from '../record/to-record.ts';
import type {Answer} from '../request-handler.ts';
import {sendReply} from '../send-reply.ts';
import {azureError, tooLarge} from '../wire/azure-error.ts';
import {simulatedHeader} from '../wire/reply-headers.ts';
import {describeMiss} from './describe-miss.ts';
import type {NamedRecord} from './load-records.ts';
import type {RecordBook} from './record-book.ts';
import {type ReplayLatency, sendRecorded} from './send-recorded.ts';

export interface ReplayingDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly book: RecordBook;
  readonly latency: ReplayLatency;
}

/** Answers each request with its record, whoever asks; a 404 says that there is none. */
export function createReplaying({clock, ledger, book, latency}: ReplayingDeps): Answer {
  let sequence = 0;
  return (incoming) => {
    const {response, body} = incoming;
    const note = noteExchange(incoming, {clock, ledger, sequence: ++sequence});
    // As it was recorded: what the client shows to come in is taken out of the rest too.
    const asked = scrubRequest(arrivedRequest(incoming));
    const record = body === undefined ? undefined : book.next(asked);
    if (record === undefined) {
      const reply =
        body === undefined
          ? tooLarge()
          : azureError(404, describeMiss(asked, book.records), {code: 'RecordNotFound'});
      note({status: reply.status, layer: 'no-record'});
      sendReply(reply, response, {clock, headers: simulatedHeader});
      return;
    }
    const {reply} = record;
    if (reply === undefined) {
      note({status: null, layer: 'replay', deployment: deploymentOf(record)});
      sendReply({kind: 'reset', afterMs: 0}, response, {clock, headers: simulatedHeader});
      return;
    }
    const {status, headers} = reply;
    const requestId = headerOf(headers, 'apim-request-id') ?? headerOf(headers, 'x-request-id');
    note({status, layer: 'replay', requestId, deployment: deploymentOf(record)});
    sendRecorded(reply, response, {clock, latency, method: asked.method});
  };
}

/** Of a record, not of a request: the ledger's totals would grow with every name that a client makes up. */
function deploymentOf({request: {method, path, body}}: NamedRecord): string | undefined {
  const route = findRoute(method, path);
  if ('kind' in route) return undefined;
  return route.deployment ?? asString(asJsonObject(readJsonBody(body))?.['model']);
}
