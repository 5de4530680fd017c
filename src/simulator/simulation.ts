import type {Clock} from '../core/clock.ts';
import type {Ledger} from './control/ledger.ts';
import {toLedgerEntry} from './control/ledger-entry.ts';
import type {Exchange} from './exchange.ts';
import {digest} from './generation/request-hash.ts';
import {decideReply} from './layers.ts';
import {onceOver} from './once-over.ts';
import {type Answer, apiVersionOf} from './request-handler.ts';
import {sendReply} from './send-reply.ts';
import type {SimulatorSettings} from './settings/simulator-settings.ts';
import {spillOverHeaders} from './spill-over.ts';
import type {Reply} from './wire/reply.ts';
import {createReplyHeaders} from './wire/reply-headers.ts';
import type {World} from './world.ts';

export interface SimulationDeps {
  readonly settings: SimulatorSettings;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** The resource as it is: a reset replaces it. */
  readonly world: () => World;
}

/** Answers as the simulated resource does: what the layers decide, noted in the ledger and sent. */
export function createSimulation({settings, clock, ledger, world}: SimulationDeps): Answer {
  const idStem = requestIdStem(settings.seed);
  const replyHeaders = createReplyHeaders(settings.region);
  let sequence = 0;
  return ({request, response, path, query, body}) => {
    const arrivedMs = clock.monotonic();
    const {method = 'GET', headers} = request;
    const exchange: Exchange = {
      sequence: ++sequence,
      method,
      path,
      apiVersion: apiVersionOf(query),
      headers,
      body,
    };
    const {reply, layer} = decideReply(exchange, world());
    const requestId = idStem + sequence.toString(16).padStart(12, '0');
    const entry = toLedgerEntry(exchange, {
      status: statusOf(reply),
      layer,
      arrivedAt: clock.now(),
      requestId,
    });
    ledger.record(entry);
    onceOver(request, response, () => {
      exchange.settle?.();
      ledger.finish(entry, response.writableFinished ? 'sent' : 'cut', clock.monotonic() - arrivedMs);
    });
    const common = [...replyHeaders(entry), ...spillOverHeaders(exchange.spillOver)];
    sendReply(reply, response, {clock, headers: common, arrivedMs});
  };
}

/** Null where no reply is sent. */
function statusOf(reply: Reply): number | null {
  return reply.kind === 'whole' || reply.kind === 'stream' ? reply.status : null;
}

/** The first half of every request id, shaped as a UUID's: the seed's; the arrival's number is the other half. */
function requestIdStem(seed: number): string {
  const digits = digest(`request ids of ${seed}`);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-`;
}
