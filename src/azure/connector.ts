import {connect as connectTcp, isIP, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import {type buildConnector, errors} from 'undici';
import type {Clock} from '../core/clock.ts';

/** Opens sockets for one origin's pool. */
export interface Connector {
  readonly connect: buildConnector.connector;
  /** Ends the attempts under way: a host that does not answer would keep the process up. */
  close(): void;
}

// Node's 250 ms a try are too short for far regions: a name with several addresses would fail before any answers.
const addressTryMs = 2_000;
const keepAliveProbeMs = 60_000;

/**
 * Opens connections (TCP, then TLS for https) and gives up after `connectMs`. The library's own connector takes neither
 * an injected clock nor a wish to stop.
 */
export function createConnector(clock: Clock, connectMs: number): Connector {
  const attempts = new Set<(error: Error) => void>();
  let session: Buffer | undefined;
  let isClosed = false;
  const connect: buildConnector.connector = (options, callback) => {
    if (isClosed) {
      callback(new errors.ClientDestroyedError(), null);
      return;
    }
    const isTls = options.protocol === 'https:';
    const socket = isTls ? openTls(options, session) : connectTcp(addressOf(options));
    const finish = (): boolean => {
      socket.off('error', fail).off('close', onClose);
      stopTimer();
      return attempts.delete(fail);
    };
    const fail = (error: Error): void => {
      if (!finish()) return;
      // Whatever else it says while it goes down is of no interest.
      socket.on('error', () => undefined).destroy();
      callback(error, null);
    };
    const onClose = (): void => fail(new errors.SocketError('closed while connecting'));
    const stopTimer = clock.setTimer(connectMs, () =>
      fail(new errors.ConnectTimeoutError(`no connection within ${connectMs} ms`)),
    );
    attempts.add(fail);
    socket.on('error', fail).on('close', onClose);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (finish()) callback(null, socket);
    });
    // A session that was spoken before saves a round trip and most of the handshake's CPU time.
    if (isTls) socket.on('session', (ticket: Buffer) => (session = ticket));
  };
  const close = (): void => {
    isClosed = true;
    for (const fail of attempts) fail(new errors.ClientDestroyedError());
  };
  return {connect, close};
}

function openTls(options: buildConnector.Options, session: Buffer | undefined): Socket {
  const {hostname} = options;
  return connectTls({
    ...addressOf(options),
    servername: isIP(hostname) === 0 ? hostname : '',
    ALPNProtocols: ['http/1.1'],
    ...(session === undefined ? {} : {session}),
  });
}

function addressOf({hostname, port, protocol}: buildConnector.Options) {
  return {
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressTryMs,
  };
}
