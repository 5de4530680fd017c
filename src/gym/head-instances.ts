import {CallError} from '../core/errors.ts';
import {asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {getFromHead, type HeadOptions, headError, headUrlOf} from './head-client.ts';
import {urlOf} from './head-config.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {areOfOneHost, parseServerAddress} from './server-address.ts';

/** A server that a head server started, and whether it answers. */
export interface ServerInstanceStatus {
  /** Name of the instance (`process_name`). */
  readonly name: string;
  /** `server_type`: NeMo Gym's name of its kind. */
  readonly kind: string;
  /** `name`: what implements it. */
  readonly implementation: string;
  readonly url: string | undefined;
  readonly pid: number | undefined;
  /** Seconds since it was started; undefined when the head server does not say when that was. */
  readonly uptimeS: number | undefined;
  /** Any HTTP answer within 2 s. */
  readonly isUp: boolean;
}

/** What a head server has started (`/server_instances`), each asked whether it is up, all at once. Fails as `askHead` does. */
export async function askInstances(options: HeadOptions): Promise<readonly ServerInstanceStatus[]> {
  const {text} = await getFromHead('/server_instances', options);
  const list = tryParse(text);
  if (!Array.isArray(list)) {
    throw headError(
      `what answers at ${headUrlOf(options)} is no head server: its \`/server_instances\` is no list`,
    );
  }
  return await Promise.all(list.filter(isJsonObject).map((each) => readInstance(each, options)));
}

const probeMs = 2_000;

async function readInstance(instance: JsonObject, options: HeadOptions): Promise<ServerInstanceStatus> {
  const url = reachableUrl(instance, options.host);
  const startTime = asNumber(instance['start_time']);
  const name = textOf(instance['process_name'] ?? instance['config_path'] ?? instance['name']);
  return {
    name,
    kind: textOf(instance['server_type']),
    implementation: textOf(instance['name']),
    url: url === undefined ? undefined : plainExcerpt(url),
    pid: asNumber(instance['pid']),
    uptimeS: startTime === undefined ? undefined : Math.max(0, options.clock.now() / 1_000 - startTime),
    isUp: url !== undefined && (await answers(url, options)),
  };
}

/** As the head server gives it, unless that is where the server listens and not where it is. */
function reachableUrl(instance: JsonObject, headHost: string): string | undefined {
  const given = asString(instance['url']);
  const isPlace = given !== undefined && !/^https?:\/\/(0\.0\.0\.0|\[::\])(?=[:/]|$)/i.test(given);
  return isPlace ? given : (urlOf(instance, headHost) ?? given);
}

async function answers(url: string, options: HeadOptions): Promise<boolean> {
  const {http, cancellation, token} = options;
  try {
    const address = parseServerAddress(url);
    const probe = {
      method: 'GET',
      path: '/',
      limits: {callMs: probeMs},
      fault: 'agent',
      cancellation,
    } as const;
    // Any answer will do; the token only spares those that stand beside the head server a refusal.
    const isBeside = areOfOneHost(url, headUrlOf(options));
    await http.request({address, ...probe, token: isBeside ? token : undefined});
    return true;
  } catch (error) {
    if (cancellation.reason !== undefined) throw error;
    return error instanceof CallError ? error.code === 'ERR_AGENT_RUN' : false;
  }
}

function textOf(value: unknown): string {
  return plainExcerpt(asString(value) ?? '');
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
