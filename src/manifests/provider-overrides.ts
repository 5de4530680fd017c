import {isFault, originOf} from './azure-address.ts';
import type {ObjectReader} from './object-reader.ts';

/** What takes the place of a part of the address that the Azure block gives. */
export interface ProviderOverrides {
  /** Scheme, host and port. */
  readonly origin: string | undefined;
  /** Before the service's own paths; no slash at its end. */
  readonly pathPrefix: string;
  /** Path and query of every call. */
  readonly fullPath: string | undefined;
}

const anyPort = {min: 1, max: 65_535};

/** Reads kgateway's `host` and `port`, `path.full`, and the names that these had before. */
export function readKgatewayOverrides(provider: ObjectReader): ProviderOverrides {
  const earlier = provider.child('hostOverride');
  if (earlier !== undefined && provider.has('host')) {
    provider.problem('says the same as `host`: keep one of the two', {key: 'hostOverride'});
  }
  const path = provider.child('path') ?? provider.child('pathOverride');
  const key = path?.has('fullPath') === true ? 'fullPath' : 'full';
  if (path !== undefined && !path.has(key)) path.requiredText('full');
  return {
    origin: readOrigin(provider) ?? (earlier === undefined ? undefined : readOrigin(earlier)),
    pathPrefix: '',
    fullPath: path === undefined ? undefined : readPath(path, key),
  };
}

/** Reads agentgateway's `host` and `port`, `path` and `pathPrefix`. */
export function readAgentgatewayOverrides(provider: ObjectReader): ProviderOverrides {
  const prefix = readPath(provider, 'pathPrefix');
  if (provider.has('pathPrefix') && provider.has('path')) {
    provider.problem('excludes `path`: keep one of the two', {key: 'pathPrefix'});
  }
  if (provider.has('pathPrefix') && !provider.has('host')) {
    provider.problem('needs `host` and `port`', {key: 'pathPrefix'});
  }
  if (prefix?.includes('?') === true) provider.problem('must not have a query', {key: 'pathPrefix'});
  return {
    origin: readOrigin(provider),
    pathPrefix: prefix?.replace(/\/+$/, '') ?? '',
    fullPath: readPath(provider, 'path'),
  };
}

function readOrigin(reader: ObjectReader): string | undefined {
  const host = reader.text('host', {expand: true, max: 256});
  const port = reader.integer('port', anyPort);
  if (reader.has('host') !== reader.has('port')) {
    const key = reader.has('host') ? 'host' : 'port';
    reader.problem('`host` and `port` must be set together', {key});
    return undefined;
  }
  if (host === undefined || port === undefined) return undefined;
  const origin = originOf(host.trim(), port);
  if (!isFault(origin)) return origin;
  reader.problem(origin.message, {key: 'host', hint: origin.hint});
  return undefined;
}

function readPath(reader: ObjectReader, key: string): string | undefined {
  const path = reader.text(key, {expand: true, max: 1024});
  if (path === undefined) return undefined;
  // A path's own segments must not lead out of it, and a fragment is never sent.
  const climbs = (path.split('?')[0] ?? '').split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
  if (/^\/[\x21-\x22\x24-\x7e]*$/.test(path) && !climbs) return path;
  reader.problem('is no path', {key, hint: 'Begin it with `/`, and percent-encode what is not ASCII.'});
  return undefined;
}
