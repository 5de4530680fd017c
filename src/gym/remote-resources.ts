import type {Judge, ResourcesServer} from '../core/ports.ts';
import {RemoteSession, type SessionSettings} from './remote-session.ts';
import {parseServerAddress} from './server-address.ts';

export interface RemoteResourcesOptions extends Omit<SessionSettings, 'address'> {
  /** Base URL of the server. */
  readonly url: string;
}

/** A resources server over HTTP: `/seed_session`, its tools, `/verify` (nemo-gym.md §5.1). Fails with `ERR_CONFIG` for a URL that is none. */
export function createRemoteResources({url, ...options}: RemoteResourcesOptions): ResourcesServer {
  const settings: SessionSettings = {...options, address: parseServerAddress(url)};
  return async (row, callOptions) => {
    const session = new RemoteSession(settings);
    await session.seed(row, 'agent', callOptions);
    return session;
  };
}

/**
 * Scores with the `/verify` of any server that has NeMo Gym's, in a session of its own for each answer. `url` is its base URL
 * or that of its `/verify`. Failures are the judge's.
 */
export function createRemoteJudge({url, ...options}: RemoteResourcesOptions): Judge {
  const given = parseServerAddress(url);
  const address = {...given, prefix: given.prefix.replace(/\/verify$/, '')};
  const settings: SessionSettings = {...options, address};
  return async (row, response, callOptions) => {
    const session = new RemoteSession(settings);
    await session.seed(row, 'judge', callOptions);
    return session.verify(row, response, callOptions);
  };
}
