import {type CallError, CancelledError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {type RemoteFailureOptions, type RemoteFault, requestFailed} from './remote-failure.ts';

/** How far an exchange had come when it broke: nothing sent yet, sent, reply begun. */
export type ExchangePhase = 'connecting' | 'waiting' | 'reading';

export interface NetworkFailureContext {
  readonly phase: ExchangePhase;
  readonly fault: RemoteFault;
  /** The server's address, for people. */
  readonly address: string;
  readonly redact: Redact;
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  EADDRNOTAVAIL: 'no local address or port is left',
  ETIMEDOUT: 'it did not answer the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer the connection in time',
};
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;

/**
 * What a broken exchange means. `unreachable` only where nothing was sent, so that it may be tried again; after that
 * nobody knows whether the server works on the request, and sending it twice would spend twice.
 */
export function toNetworkFailure(error: Error, context: NetworkFailureContext): CallError | CancelledError {
  const code = codeOf(error);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new CancelledError('the connections are closed');
  }
  const {phase, fault, address, redact} = context;
  const detail = `${code ?? error.name}: ${error.message}`;
  const make = (title: string, rest: RemoteFailureOptions): CallError =>
    requestFailed(fault, plainExcerpt(redact(`${title} (${detail})`)), rest);
  if (phase === 'connecting') return make(...unsent(address, code));
  if (error.name === 'HeadersOverflowError')
    return make(`${address} answered with headers that are too long`, {});
  if (error.name === 'HTTPParserError') {
    return make(`${address} answered with something that is not HTTP`, {hint: wrongPortHint});
  }
  return phase === 'reading'
    ? make(`The reply of ${address} broke off`, {})
    : make(`The connection to ${address} broke before a reply came`, {
        hint: 'It is not sent again at once, lest it be worked on twice: the log of the server says what became of it.',
      });
}

const wrongPortHint = 'Check its port, and http or https in its URL.';

function unsent(address: string, code: string | undefined): [title: string, rest: RemoteFailureOptions] {
  if (code === 'UND_ERR_INVALID_ARG') {
    return [
      `The request to ${address} cannot be sent as it is`,
      {effect: 'run', hint: 'Check `server_token` and the URL for characters that HTTP does not take.'},
    ];
  }
  if (code !== undefined && tlsCode.test(code)) {
    const hint = `${wrongPortHint} For a certificate of your own network set NODE_EXTRA_CA_CERTS.`;
    return [`The secure connection to ${address} failed`, {effect: 'run', unreachable: true, hint}];
  }
  const reason = reasons[code ?? ''] ?? 'the connection could not be opened';
  const hint = 'Is the server running, and is its host and port right?';
  return [`${address} cannot be reached: ${reason}`, {unreachable: true, hint}];
}

/** Failed attempts at several addresses of a host come as one error that holds them all. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : undefined;
}
