import {CallError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {printable} from './error-text.ts';

/** How far an exchange had come when it broke. */
export type ExchangePhase = 'connecting' | 'waiting' | 'reading';

export interface NetworkErrorContext {
  readonly phase: ExchangePhase;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly redact: Redact;
}

const unreachableCodes: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENETDOWN: 'the network is down',
  EHOSTDOWN: 'the host is down',
  EADDRNOTAVAIL: 'no local address or port is left',
  ETIMEDOUT: 'it did not answer the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer the connection in time',
};
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;
const protocolError = /^(HTTPParserError|HeadersOverflowError)$/;

/** Names what an exchange broke of, from the client library's error. The same request may succeed later, unless TLS says no. */
export function toNetworkError(error: unknown, {phase, origin, redact}: NetworkErrorContext): CallError {
  const code = codeOf(error);
  const detail = `${code ?? 'no code'}: ${error instanceof Error ? error.message : String(error)}`;
  const make = (title: string, rest: Verdict): CallError =>
    new CallError(printable(redact(`${title} (${detail})`)), {fault: 'model', ...rest});
  if (code !== undefined && tlsCode.test(code)) {
    return make(`The secure connection to ${origin} failed`, tlsFailure);
  }
  const why = code === undefined ? undefined : unreachableCodes[code];
  if (phase === 'connecting' && why !== undefined) {
    return make(`${origin} cannot be reached: ${why}`, unreachable);
  }
  if (error instanceof Error && protocolError.test(error.name)) {
    return make(`${origin} ${notHttp(error)}`, {
      code: 'ERR_MODEL_MALFORMED',
      effect: 'retry',
    });
  }
  return phase === 'reading'
    ? make(`The reply of ${origin} broke off`, {code: 'ERR_MODEL_TRUNCATED', effect: 'retry'})
    : make(`The connection to ${origin} broke before a reply came`, {
        code: 'ERR_MODEL_NETWORK',
        effect: 'retry',
      });
}

/** Headers beyond 16 KiB are most likely without an end. */
function notHttp({name}: Error): string {
  return name === 'HeadersOverflowError'
    ? 'answered with headers that are too long'
    : 'answered with something that is not HTTP';
}

interface Verdict {
  readonly code: string;
  readonly effect: 'retry' | 'run';
  readonly unreachable?: boolean;
  readonly hint?: string;
}

const tlsFailure: Verdict = {
  code: 'ERR_MODEL_TLS',
  effect: 'run',
  unreachable: true,
  hint: 'If a proxy of your network signs its own certificates, set NODE_EXTRA_CA_CERTS to its certificate file; check http/https in `openai_base_url`.',
};
const unreachable: Verdict = {
  code: 'ERR_MODEL_UNREACHABLE',
  effect: 'retry',
  unreachable: true,
  hint: 'Check the host in `openai_base_url` (`policy_base_url`), the network and the VPN.',
};

/** Failed attempts at several addresses of a host come as one error that holds them all. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : undefined;
}
