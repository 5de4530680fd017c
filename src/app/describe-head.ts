import {stringify} from 'yaml';
import type {ServerConfig} from '../config/server-config.ts';
import {asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {processId} from '../runtime/process-identity.ts';
import type {HeadInstance} from '../servers/head-routes.ts';

/** A server that the configuration declares, and where it listens. */
export interface OpenInstance {
  readonly settings: ServerConfig;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A server as the head lists it, in NeMo Gym's words. */
export function headInstance({settings, host, port, url, startedAt}: OpenInstance): HeadInstance {
  const [type = '', implementation = ''] = settings.path.split('.').slice(-2);
  const {name, entrypoint} = settings;
  return {
    processName: name,
    serverType: type,
    name: implementation,
    entrypoint,
    host,
    port,
    url,
    pid: processId(),
    startTime: startedAt / 1000,
  };
}

/**
 * The configuration as NeMo Gym's collector reads it from a head server: YAML in which each server has the host and the
 * port where it listens, and no secret. YAML 1.1, so that its reader types nothing else than we do.
 */
export function renderHeadConfig(masked: JsonObject, instances: readonly OpenInstance[]): string {
  const placed = instances.reduce<JsonObject>((document, {settings, host, port}) => {
    const keys = [settings.name, ...settings.path.split('.').slice(-2)];
    return addAt(document, keys, {host, port});
  }, masked);
  return stringify(placed, {version: '1.1', lineWidth: 0});
}

/** A copy with more members in the object at the end of a path of keys. */
function addAt(value: JsonValue | undefined, keys: readonly string[], members: JsonObject): JsonObject {
  const object = asJsonObject(value) ?? {};
  const [key, ...rest] = keys;
  return key === undefined ? {...object, ...members} : {...object, [key]: addAt(object[key], rest, members)};
}
