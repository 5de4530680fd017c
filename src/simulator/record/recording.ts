import type {Dispatcher} from 'undici';
import type {Clock} from '../../core/clock.ts';
import type {Logger} from '../../core/ports.ts';
import type {Ledger} from '../control/ledger.ts';
import {noteExchange, type Outcome} from '../control/note-exchange.ts';
import type {Answer, Incoming} from '../request-handler.ts';
import {sendReply} from '../send-reply.ts';
import {simulatedHeader} from '../wire/reply-headers.ts';
import type {RecordedReply} from './exchange-record.ts';
import {errorCode, refuseToRecord, unreachable} from './own-replies.ts';
import type {Upstream} from './parse-upstream.ts';
import {headerOf, toUpstreamHeaders} from './passed-headers.ts';
import type {RecordFolder} from './record-folder.ts';
import {recordStem} from './record-name.ts';
import {type Relayed, relay} from './relay.ts';
import {type ArrivedRequest, arrivedRequest, scrubRequest, toRecord} from './to-record.ts';
import {writeRecord} from './write-record.ts';

export interface RecordingDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly folder: RecordFolder;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
  readonly logger?: Logger | undefined;
  /** Opens our own door; not sent on. */
  readonly token?: string | undefined;
}

export interface Recording {
  readonly answer: Answer;
  /** Resolves when everything that has passed is kept. */
  settled(): Promise<void>;
}

// A reply beyond it passes, but is nothing to read or to compare.
const mostReplyBytes = 134_217_728;

/** Passes exchanges on and keeps them. Once a record cannot be written nothing is sent any more: it would be paid for and lost. */
export function createRecording(deps: RecordingDeps): Recording {
  const underWay = new Set<Promise<void>>();
  let sequence = 0;
  let failure: string | undefined;
  const pass = async (incoming: Incoming): Promise<void> => {
    const note = noteExchange(incoming, {...deps, sequence: ++sequence});
    const refusal = refuseToRecord(incoming, failure);
    if (refusal !== undefined) {
      note({status: refusal.status, layer: 'refused'});
      sendReply(refusal, incoming.response, {clock: deps.clock, headers: simulatedHeader});
      return;
    }
    const arrived = arrivedRequest(incoming);
    // The place is taken on arrival, so that records of one request are in the order in which it was asked.
    const name = deps.folder.reserve(recordStem(scrubRequest(arrived)));
    const relayed = await send(incoming, arrived, {...deps, note});
    if (relayed.kind !== 'passed') {
      notKept(relayed, incoming, {...deps, note});
      return;
    }
    try {
      await keep(arrived, relayed.reply, {...deps, name});
    } catch (error) {
      failure = errorCode((error as Error).cause ?? error);
      deps.logger?.error(`cannot write the record ${name}: ${failure}. Nothing is sent any more.`);
    }
  };
  return {
    answer(incoming) {
      const passing = pass(incoming).finally(() => underWay.delete(passing));
      underWay.add(passing);
      return passing;
    },
    async settled() {
      await Promise.allSettled(underWay);
    },
  };
}

interface NotingDeps extends RecordingDeps {
  readonly note: (outcome: Outcome) => void;
}

function send(
  {response}: Incoming,
  {method, path, query, headers, body}: ArrivedRequest,
  {upstream, token, note, dispatcher, clock}: NotingDeps,
): Promise<Relayed> {
  const target = `${upstream.prefix}${path}${query === '' ? '' : `?${query}`}`;
  const request = {target, method, headers: toUpstreamHeaders(headers, token), body};
  return relay(request, response, {
    dispatcher,
    clock,
    mostBytes: mostReplyBytes,
    onHead: (status, replyHeaders) => {
      const requestId = headerOf(replyHeaders, 'apim-request-id') ?? headerOf(replyHeaders, 'x-request-id');
      note({status, layer: 'record', requestId});
    },
  });
}

async function keep(
  arrived: ArrivedRequest,
  reply: RecordedReply | undefined,
  {folder, logger, name}: RecordingDeps & {readonly name: string},
): Promise<void> {
  const record = toRecord(arrived, reply, mostReplyBytes);
  if (record === undefined) {
    logger?.warn(`${arrived.method} ${arrived.path} is not recorded: its reply is compressed beyond reading`);
    return;
  }
  await folder.write(name, writeRecord(record));
  logger?.debug(`recorded ${name}`);
}

function notKept(
  relayed: Exclude<Relayed, {readonly kind: 'passed'}>,
  {request, response, path}: Incoming,
  {upstream, clock, note, logger}: NotingDeps,
): void {
  const reasons = {
    left: 'the client did not wait for the end',
    'too-large': `its reply is larger than ${mostReplyBytes} bytes`,
    unreachable: 'nothing could be sent',
  };
  logger?.warn(`${request.method ?? 'GET'} ${path} is not recorded: ${reasons[relayed.kind]}`);
  if (relayed.kind !== 'unreachable') return;
  const reply = unreachable(upstream.origin, relayed.error);
  note({status: reply.status, layer: 'unreachable'});
  sendReply(reply, response, {clock, headers: simulatedHeader});
}
