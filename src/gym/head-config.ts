import {parseDocument} from 'yaml';
import {asJsonObject, asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {baseUrlOf} from './server-address.ts';

const serverKinds = ['responses_api_agents', 'resources_servers', 'responses_api_models'] as const;

/** NeMo Gym's kinds of servers. */
export type ServerKind = (typeof serverKinds)[number];

/** A server that a head server knows of. */
export interface HeadServer {
  readonly name: string;
  readonly kind: ServerKind;
  /** `url` for one that the configuration only points to. */
  readonly implementation: string;
  /** Base URL; undefined where the configuration gives no port. */
  readonly url: string | undefined;
}

/** A configuration, or why there is none: in words of ours, for it may be full of keys. */
export type ParsedHeadConfig = {readonly config: JsonObject} | {readonly problem: string};

/** Reads the body of `/global_config_dict_yaml`: a JSON string of YAML. */
export function parseHeadConfig(body: string): ParsedHeadConfig {
  const text = asString(tryParse(body));
  if (text === undefined) return {problem: 'no text of YAML'};
  // Tags, repeated keys and the like are the head server's affair: whatever can be read of it is.
  const document = parseDocument(text, {uniqueKeys: false, stringKeys: true, logLevel: 'silent'});
  const [error] = document.errors;
  if (error !== undefined) {
    return {problem: `YAML that is broken in line ${error.linePos?.[0].line ?? 0} (${error.code})`};
  }
  try {
    const config: unknown = document.toJS();
    return isJsonObject(config) ? {config} : {problem: 'YAML without keys'};
  } catch {
    return {problem: 'YAML with aliases without end'};
  }
}

/** The servers of a configuration (nemo-gym.md §2.6), each by its first implementation. `headHost` stands for "every address". */
export function listServers(config: JsonObject, headHost: string): readonly HeadServer[] {
  return Object.entries(config).flatMap(([name, instance]) => {
    const kind = serverKinds.find((each) => isJsonObject(asJsonObject(instance)?.[each]));
    if (kind === undefined) return [];
    const block = asJsonObject(asJsonObject(instance)?.[kind]) ?? {};
    return [{name, kind, ...placeOf(block, headHost)}];
  });
}

/** Where a server is that gives its address by host and port. */
export function urlOf({host, port}: JsonObject, headHost: string): string | undefined {
  const number = asNumber(typeof port === 'string' ? Number(port) : port);
  if (number === undefined || !Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  return baseUrlOf(reachableHost(usable(host), headHost), number);
}

/** A host to connect to: one that means "listen everywhere" is where the head server is. */
export function reachableHost(host: string | undefined, headHost: string): string {
  if (host !== undefined && !everywhere.has(host)) return host;
  return everywhere.has(headHost) ? '127.0.0.1' : headHost;
}

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);

function placeOf(block: JsonObject, headHost: string): Pick<HeadServer, 'implementation' | 'url'> {
  const [implementation, body] = Object.entries(block).find(([, value]) => isJsonObject(value)) ?? [];
  const settings = asJsonObject(body) ?? block;
  const url = usable(settings['url']) ?? usable(block['url']);
  return {implementation: implementation ?? 'url', url: url ?? urlOf(settings, headHost)};
}

/** A text that says something: neither missing nor an interpolation that nobody resolved. */
function usable(value: unknown): string | undefined {
  const text = asString(value)?.trim() ?? '';
  return text === '' || text === '???' || text.includes('${') ? undefined : text;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
