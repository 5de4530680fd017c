import type {Clock} from '../core/clock.ts';
import {closeMatch} from '../core/close-match.ts';
import {CallError, RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {CallOptions, Redact} from '../core/ports.ts';
import type {GymHttp} from './gym-http.ts';
import {type HeadServer, listServers, parseHeadConfig, reachableHost} from './head-config.ts';
import type {GymReply} from './http-exchange.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {toReplyFailure} from './reply-failure.ts';
import {baseUrlOf, parseServerAddress} from './server-address.ts';

/** Where a head server is asked, and by what. */
export interface HeadOptions extends CallOptions {
  readonly host: string;
  readonly port: number;
  /** The bearer token that it wants. */
  readonly token?: string | undefined;
  readonly http: GymHttp;
  readonly clock: Clock;
  readonly redact: Redact;
}

/** What a head server says that runs. */
export interface HeadView {
  /** Its own base URL. */
  readonly address: string;
  /** In the configuration's order. */
  readonly servers: readonly HeadServer[];
  /** The configuration itself; NeMo Gym's head servers tell their keys. */
  readonly config: JsonObject;
}

/** An agent and where to find it. */
export interface HeadAgent extends HeadServer {
  readonly url: string;
}

/** Asks a head server for its configuration. Fails with `ERR_HEAD_SERVER` where none answers, naming the address and the ways on. */
export async function askHead(options: HeadOptions): Promise<HeadView> {
  const address = headUrlOf(options);
  const reply = await getFromHead('/global_config_dict_yaml', options);
  const parsed = parseHeadConfig(reply.text);
  if ('problem' in parsed) {
    throw headError(`what answers at ${address} is no head server: its configuration is ${parsed.problem}`);
  }
  const {config} = parsed;
  return {address, servers: listServers(config, options.host), config};
}

/** The agents that a head server gives an address of. Fails with `ERR_CONFIG` where there are none. */
export function agentsOf({servers, address}: HeadView): readonly HeadAgent[] {
  const agents = servers.flatMap(({url, ...server}) =>
    server.kind === 'responses_api_agents' && url !== undefined ? [{...server, url}] : [],
  );
  if (agents.length > 0) return agents;
  const others = servers.map(({name}) => plainExcerpt(name)).join(', ');
  throw new RollcallError(`the head server at ${address} knows no agent that could run rollouts`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: `It knows ${others === '' ? 'no server at all' : `only ${others}`}. Declare an agent in the configuration of its servers: NAME: {responses_api_agents: {simple_agent: {model_server: …, resources_server: …}}}.`,
  });
}

/** The agent of that name. Fails with `ERR_CONFIG`, naming the agents that there are, and the one that was likely meant. */
export function findAgent(view: HeadView, name: string): HeadAgent {
  const found = view.servers.find((server) => server.kind === 'responses_api_agents' && server.name === name);
  if (found === undefined) throw unknownAgent(view, name);
  const {url} = found;
  if (url !== undefined) return {...found, url};
  throw new RollcallError(`the head server at ${view.address} gives agent ${plainExcerpt(name)} no port`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Are its servers started? Its configuration needs `port`, or `url`.',
  });
}

/** GETs from the head server. Fails with `ERR_HEAD_SERVER`, or with the cancellation's reason. */
export async function getFromHead(path: string, options: HeadOptions): Promise<GymReply> {
  const {token, http, clock, redact, cancellation} = options;
  const url = headUrlOf(options);
  const request = {address: parseServerAddress(url), method: 'GET', path, token, cancellation} as const;
  try {
    const reply = await http.request({...request, limits: {callMs: headMs}, fault: 'agent'});
    if (reply.status === 200) return reply;
    throw toReplyFailure(reply, {fault: 'agent', peer: `the server at ${url}`, clock, redact});
  } catch (error) {
    if (!(error instanceof CallError) || error === cancellation.reason) throw error;
    throw headError(`no head server answers at ${url}: ${error.message}`, error);
  }
}

/** What it means that no head server is where it should be; the hint gives the ways on. */
export function headError(message: string, cause?: CallError): RollcallError {
  const wantsToken = cause?.httpStatus === 401;
  return new RollcallError(message, {
    code: 'ERR_HEAD_SERVER',
    fault: 'config',
    hint: wantsToken ? 'It wants its token: set `server_token`.' : waysOn,
    cause,
  });
}

const waysOn =
  'Start the servers first (`rollcall run --config …`), at `head_server.host` and `head_server.port`; ' +
  'or give a configuration that names a model (`--config …`): then no server is needed.';

// It only prints what it knows, but may be busy starting others.
const headMs = 10_000;

/** A head server's own base URL. */
export function headUrlOf({host, port}: HeadOptions): string {
  return baseUrlOf(reachableHost(host, host), port);
}

function unknownAgent(view: HeadView, name: string): RollcallError {
  const agents = view.servers.filter(({kind}) => kind === 'responses_api_agents').map((each) => each.name);
  const meant = closeMatch(name, agents);
  const list = agents.length === 0 ? 'it has none' : `it has ${agents.join(', ')}`;
  return new RollcallError(
    plainExcerpt(`the head server at ${view.address} knows no agent ${name}: ${list}`),
    {
      code: 'ERR_CONFIG',
      fault: 'config',
      hint: meant === undefined ? undefined : `Did you mean ${plainExcerpt(meant)}?`,
    },
  );
}
