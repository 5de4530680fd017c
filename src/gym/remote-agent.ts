import type {Clock, Random} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {Redact, RolloutRunner} from '../core/ports.ts';
import {setMember} from '../core/raw-json.ts';
import type {Rollout} from '../core/rollout.ts';
import type {GymHttp} from './gym-http.ts';
import type {ExchangeLimits} from './http-exchange.ts';
import {readJsonReply} from './json-reply.ts';
import {repeatCall, wasNotRun} from './repeat-call.ts';
import type {ReplyContext} from './reply-failure.ts';
import {toOutcome} from './run-reply.ts';
import {parseServerAddress, showAddress} from './server-address.ts';

export interface RemoteAgentOptions {
  /** Base URL of the agent's server. */
  readonly url: string;
  readonly agentName: string;
  /** The bearer token that the server wants. */
  readonly token?: string | undefined;
  /** None unless given: a rollout may take an hour, and its own time limit cuts it off. */
  readonly limits?: ExchangeLimits | undefined;
  readonly http: GymHttp;
  readonly clock: Clock;
  readonly random: Random;
  readonly redact: Redact;
}

/**
 * Runs rollouts at an agent's server: the row as it is written to its `/run`, the reply to an outcome. A server that is not
 * reached, or that asks to wait (429 or 503 with a time), is asked again within bounds; a request that may have been worked
 * on is not sent twice. Fails with `ERR_CONFIG` for a URL that is none.
 */
export function createRemoteRunner(options: RemoteAgentOptions): RolloutRunner {
  const {agentName, url, clock, redact} = options;
  const address = parseServerAddress(url);
  const peer = `the agent ${agentName} at ${showAddress(address)}`;
  const context: ReplyContext = {fault: 'agent', peer, clock, redact};
  return async (rollout, {cancellation}) => {
    const startMs = clock.monotonic();
    let sentMs = startMs;
    const run = async (): Promise<ReturnType<typeof readJsonReply>> => {
      sentMs = clock.monotonic();
      const request = {address, method: 'POST', path: '/run', body: bodyOf(rollout)} as const;
      const {token, limits, http} = options;
      const reply = await http.request({...request, token, limits, fault: 'agent', cancellation});
      return readJsonReply(reply, context);
    };
    try {
      const reply = await repeatCall(run, {...options, cancellation, mayRepeat: wasNotRun});
      const times = {queuedMs: sentMs - startMs, callMs: clock.monotonic() - sentMs};
      return toOutcome(reply, rollout, times, context);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return {status: 'failed', rollout, error, response: undefined};
    }
  };
}

/** The row as its line, with NeMo Gym's count of the attempts before this one; first attempts go without, as there. */
function bodyOf({text, attempt}: Rollout): string {
  return attempt > 1 ? setMember(text, '_ng_attempt_index', String(attempt - 1)) : text;
}
