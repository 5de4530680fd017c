import {Pool} from 'undici';
import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {writeExactJson} from '../core/exact-json.ts';
import type {JsonObject} from '../core/json.ts';
import type {Redact} from '../core/ports.ts';
import {type ExchangeLimits, type GymReply, HttpExchange} from './http-exchange.ts';
import type {RemoteFault} from './remote-failure.ts';
import {type ServerAddress, showAddress, targetOf} from './server-address.ts';

export interface GymHttpOptions {
  /** Sockets to one server at most; without it one for every request in flight. */
  readonly connections?: number | undefined;
  /** Milliseconds to open a connection in, TLS included. */
  readonly connectMs?: number | undefined;
  /** Replies beyond this are refused, not kept. */
  readonly maxBodyBytes?: number | undefined;
  readonly clock: Clock;
  readonly redact: Redact;
}

export interface GymRequest {
  readonly address: ServerAddress;
  readonly method: 'GET' | 'POST';
  /** Sent behind the address as it is; starts with a slash. */
  readonly path: string;
  /** A text is JSON already and is sent as it is written. */
  readonly body?: string | JsonObject | undefined;
  /** Shown as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fault: RemoteFault;
  readonly limits?: ExchangeLimits | undefined;
  readonly cancellation: Cancellation;
}

/** JSON over HTTP to servers of NeMo Gym's kind. Redirects are not followed, nothing is sent twice. */
export interface GymHttp {
  /** Any status is a reply. Fails with a `CallError`, `unreachable` only where nothing was sent, or with the cancellation's reason. */
  request(request: GymRequest): Promise<GymReply>;
  /** Breaks off what runs and closes every connection. */
  close(): Promise<void>;
}

const defaultConnectMs = 10_000;
const defaultMaxBodyBytes = 67_108_864;
// Shorter than any server's of ours or of NeMo Gym's (5 and 30 s): one that hangs up just when a request comes would fail it.
const keepAliveMs = 4_000;
// Node's 250 ms a try are too short for far machines with several addresses.
const addressTryMs = 2_000;

/** Makes the client; nothing is opened until the first request. */
export function createGymHttp(options: GymHttpOptions): GymHttp {
  const {clock, redact, connectMs = defaultConnectMs, maxBodyBytes = defaultMaxBodyBytes} = options;
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? openPool(origin, connectMs, options.connections);
    pools.set(origin, pool);
    return pool;
  };
  return {
    async request(request) {
      const {address, cancellation, fault, limits = {}} = request;
      if (cancellation.reason !== undefined) throw cancellation.reason;
      const {method, path} = request;
      const target = targetOf(address, path);
      const message = {method, path: target, headers: headersOf(request), body: bodyOf(request)};
      const settings = {clock, redact, limits, maxBodyBytes, fault, cancellation};
      return await new Promise((resolve, reject) => {
        const exchange = new HttpExchange({resolve, reject}, {...settings, address: showAddress(address)});
        poolOf(address.origin).dispatch(message, exchange);
      });
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

function openPool(origin: string, connectMs: number, connections: number | undefined): Pool {
  return new Pool(origin, {
    connections: connections ?? null,
    pipelining: 1,
    allowH2: false,
    connect: {timeout: connectMs, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: addressTryMs},
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function headersOf({body, token, headers}: GymRequest): Record<string, string> {
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : {'content-type': 'application/json'}),
    ...(token === undefined ? {} : {authorization: `Bearer ${token}`}),
    ...headers,
  };
}

function bodyOf({body}: GymRequest): string | null {
  if (body === undefined) return null;
  return typeof body === 'string' ? body : writeExactJson(body);
}
