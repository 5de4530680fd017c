import type {IncomingHttpHeaders} from 'node:http';
import type {Clock} from '../../core/clock.ts';
import {asNumber, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import {bearerToken} from '../checks/authorize.ts';
import type {SimulatorSettings} from '../settings/simulator-settings.ts';
import {jsonReply, type WholeReply} from '../wire/reply.ts';
import {describeSettings} from './describe-settings.ts';
import type {Ledger} from './ledger.ts';
import {isAdvanceable} from './virtual-clock.ts';

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | undefined;
}

/** What the control plane may see and do. */
export interface Controlled {
  readonly settings: SimulatorSettings;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly reset: () => void;
}

type Action = (request: ControlRequest, controlled: Controlled) => WholeReply | Promise<WholeReply>;

const actions: Readonly<Record<string, Action>> = {
  'GET /__sim/config': (_, {settings}) => jsonReply(200, describeSettings(settings)),
  'POST /__sim/reset': (_, {reset}) => {
    reset();
    return jsonReply(200, {reset: true});
  },
  'GET /__sim/ledger': showLedger,
  'GET /__sim/ledger/summary': (_, {ledger}) => jsonReply(200, ledger.summary()),
  'POST /__sim/clock/advance': advanceClock,
};

/** Whether a path belongs to the control plane. */
export function isControlPath(path: string): boolean {
  return path.startsWith('/__sim/') || path === '/__sim';
}

/** Answers a request to `/__sim/…`. Errors have our servers' shape, not Azure's. */
export async function answerControl(request: ControlRequest, controlled: Controlled): Promise<WholeReply> {
  const {controlToken} = controlled.settings;
  if (controlToken !== undefined && bearerToken(request.headers.authorization) !== controlToken) {
    return refusal(401, 'the control plane needs its token as Authorization: Bearer');
  }
  const action = actions[`${request.method} ${request.path}`];
  if (action !== undefined) return action(request, controlled);
  return refusal(404, `no such control route; there are: ${Object.keys(actions).join(', ')}`);
}

function showLedger({query}: ControlRequest, {ledger}: Controlled): WholeReply {
  const since = Number(query.get('since') ?? 0);
  if (!Number.isInteger(since) || since < 0) return refusal(400, 'since must be a sequence number', 'since');
  return jsonReply(200, {entries: ledger.entries(since), summary: ledger.summary()});
}

async function advanceClock({body}: ControlRequest, {clock}: Controlled): Promise<WholeReply> {
  if (!isAdvanceable(clock)) return refusal(409, 'the clock is the real one; start with clock: virtual');
  const ms = asNumber(parse(body)?.['ms']);
  if (ms === undefined || ms < 0) return refusal(400, 'give {"ms": <milliseconds>}', 'ms');
  await clock.advance(ms);
  return jsonReply(200, {now: clock.now()});
}

function parse(body: Buffer | undefined): JsonObject | undefined {
  try {
    const value = JSON.parse(body?.toString() ?? '') as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(status: number, message: string, param: string | null = null): WholeReply {
  return jsonReply(status, {error: {message, type: 'invalid_request_error', code: 'control_plane', param}});
}
