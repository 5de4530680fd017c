import {asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {processId} from '../runtime/process-identity.ts';
import type {HeadInstance} from '../servers/head-routes.ts';
import {writePlainYaml} from './write-plain-yaml.ts';

/** What the configuration says of a server. */
export interface DeclaredServer {
  readonly name: string;
  /** Dotted path of its settings in the document: name, type, implementation. */
  readonly path: string;
  readonly entrypoint?: string | undefined;
}

/** A server of this process, and where it listens. */
export interface OpenInstance {
  readonly name: string;
  /** Undefined for the gateway, which manifests declare. */
  readonly settings: DeclaredServer | undefined;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A server as the head lists it, in NeMo Gym's words. */
export function headInstance({name, settings, host, port, url, startedAt}: OpenInstance): HeadInstance {
  const [type = '', implementation = ''] = settings === undefined ? ['gateways', name] : kindOf(settings);
  return {
    processName: name,
    serverType: type,
    name: implementation,
    entrypoint: settings?.entrypoint,
    host,
    port,
    url,
    pid: processId(),
    startTime: startedAt / 1000,
  };
}

/** Where a server listens. */
export type Address = Pick<OpenInstance, 'host' | 'port'>;

/**
 * The configuration as NeMo Gym's collector reads it from a head server: YAML in which each server, and the head itself, has
 * the host and the port where it listens, and no secret.
 */
export function renderHeadConfig(
  masked: JsonObject,
  instances: readonly OpenInstance[],
  head: Address,
): string {
  const placed = instances.reduce<JsonObject>(
    (document, {settings, ...address}) =>
      settings === undefined
        ? document
        : addAt(document, [settings.name, ...kindOf(settings)], inUrl(address)),
    masked,
  );
  return writePlainYaml(addAt(placed, ['head_server'], inUrl(head)));
}

function kindOf({path}: DeclaredServer): readonly string[] {
  return path.split('.').slice(-2);
}

/** Its readers put `http://` before the host and the port behind it. */
function inUrl({host, port}: Address): JsonObject {
  return {host: host.includes(':') && !host.startsWith('[') ? `[${host}]` : host, port};
}

/** A copy with more members in the object at the end of a path of keys. */
function addAt(value: JsonValue | undefined, keys: readonly string[], members: JsonObject): JsonObject {
  const object = asJsonObject(value) ?? {};
  const [key, ...rest] = keys;
  return key === undefined ? {...object, ...members} : {...object, [key]: addAt(object[key], rest, members)};
}
