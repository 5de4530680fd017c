import {isLoopbackHost, isPrivateHost} from '../core/private-host.ts';
import type {GatewayProvider} from './gateway-config.ts';

/** Where a deployment is and how its paths are built, as `GatewayProvider` has it. */
export type AzureAddress = Pick<GatewayProvider, 'endpoint' | 'style' | 'apiVersion'>;

/** An endpoint as somebody wrote it, taken apart. */
export interface WrittenEndpoint {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path before `/openai`, without a slash at its end: a gateway's own, or `/api/projects/NAME`. */
  readonly prefix: string;
  /** What a whole "Target URI" says beside the address. */
  readonly deployment?: string | undefined;
  readonly apiVersion?: string | undefined;
}

export interface EndpointFault {
  readonly message: string;
  readonly hint?: string | undefined;
}

const scheme = /^([a-z][a-z0-9+.-]*):\/+/i;
const azureHost =
  /\.(?:openai\.azure\.(?:com|us|cn)|cognitiveservices\.azure\.(?:com|us|cn)|services\.ai\.azure\.(?:com|us)|api\.cognitive\.microsoft\.(?:com|us))$/;
const portal = /^(?:portal|oai|ai|ml)\.azure\.(?:com|us|cn)$/;
const example = 'Write the host alone, as in `my-endpoint.openai.azure.com`.';

/** Takes an endpoint apart. The host is kept as it is; scheme, slash and `/openai…` at its end may be there or not. */
export function parseEndpoint(written: string): WrittenEndpoint | EndpointFault {
  const text = withScheme(written.trim());
  const path = (text.split(/[?#]/, 1)[0] ?? '').replace(scheme, '');
  if (path.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
    return {message: 'has a `.` or `..` in its path', hint: example};
  }
  const url = /\s/.test(text) || !URL.canParse(text) ? undefined : new URL(text);
  if (url === undefined) return {message: 'is no address', hint: example};
  const fault = describeAddressFault(url, scheme.test(written.trim()));
  return fault ?? readPath(url);
}

/** Whether what is sent to an origin can be read on its way. */
export function isUnencrypted(origin: string): boolean {
  const {protocol, hostname} = new URL(origin);
  return protocol === 'http:' && !isLoopbackHost(hostname);
}

/** Host and port that take the endpoint's place: TLS, unless it is this machine. */
export function originOf(host: string, port: number): string | EndpointFault {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const plain = isLoopbackHost(name) && port !== 443;
  const text = `${plain ? 'http' : 'https'}://${name}:${port}`;
  if (/[\s/?#@\\]/.test(host) || !URL.canParse(text)) {
    return {message: 'is no host name', hint: 'Write it without scheme, port and path.'};
  }
  return new URL(text).origin;
}

/** Puts an address together: a dated version has paths of its own, `v1`, `preview` and Foundry projects share the others. */
export function composeAddress({origin, prefix}: WrittenEndpoint, version: string): AzureAddress {
  // Behind a path of a gateway's own, `/openai` says where Azure's begins.
  const endpoint = prefix === '' ? origin : `${origin}${prefix}/openai`;
  if (isProject(prefix)) return {endpoint, style: 'v1', apiVersion: undefined};
  if (version === 'preview') return {endpoint, style: 'v1', apiVersion: version};
  // Azure's own list of v1's versions has no `latest`: it means v1 as it stands.
  if (version === 'v1' || version === 'latest') return {endpoint, style: 'v1', apiVersion: undefined};
  return {endpoint, style: 'deployments', apiVersion: version};
}

/** Whether the path is a Foundry project's, which has the v1 API only. */
export function isProject(prefix: string): boolean {
  return /\/api\/projects\/[^/]+$/.test(prefix);
}

/** What is wrong with an API version, if something is. */
export function describeVersionFault(version: string): EndpointFault | undefined {
  if (/^(?:v1|preview|latest|\d{4}-\d{2}-\d{2}(?:-preview)?)$/.test(version)) return undefined;
  return {
    message: `\`${version}\` is no API version`,
    hint: 'Write a date, as in "2024-10-21" or "2024-02-15-preview", or "v1".',
  };
}

/** What is wrong with a deployment's name, if something is: it becomes one segment of a path. */
export function describeDeploymentFault(name: string): EndpointFault | undefined {
  if (name !== '.' && name !== '..' && !/[/\\\p{Cc}\p{Cs}]/u.test(name)) return undefined;
  return {
    message: 'is no name of a deployment',
    hint: 'Write the name that the Azure portal shows under Deployments.',
  };
}

/** Tells what is wrong from what is right. */
export function isFault(result: WrittenEndpoint | string | EndpointFault): result is EndpointFault {
  return typeof result === 'object' && 'message' in result;
}

function withScheme(text: string): string {
  if (scheme.test(text)) return text.replace(scheme, '$1://');
  const bare = text.replace(/^\/+/, '');
  const host = /^(?:\[[^\]]*\]|[^:/?#]*)/.exec(bare)?.[0] ?? '';
  return `${isLoopbackHost(host) ? 'http' : 'https'}://${bare}`;
}

function describeAddressFault(url: URL, hasScheme: boolean): EndpointFault | undefined {
  const {protocol, hostname} = url;
  if (protocol !== 'https:' && protocol !== 'http:') {
    return {message: `begins with ${protocol}//, which is no web address`, hint: example};
  }
  if (protocol === 'http:' && !isLoopbackHost(hostname) && !isPrivateHost(hostname)) {
    return {
      message: 'is not encrypted: `http://` is for this machine and private networks only',
      hint: 'Write `https://`.',
    };
  }
  if (url.username !== '' || url.password !== '') {
    return {message: 'carries a user name or password', hint: 'Take it out, and put the key into a Secret.'};
  }
  if (portal.test(hostname)) {
    return {message: 'is a page of the Azure portal, not the address of a resource', hint: example};
  }
  // agentgateway takes such a name for a resource of Azure; a host inside a cluster looks the same.
  if (!hasScheme && isBareName(url)) {
    return {
      message: `\`${hostname}\` is no whole host name`,
      hint: `Write \`${hostname}.openai.azure.com\`.`,
    };
  }
  if ([...url.searchParams.keys()].some((name) => name !== 'api-version')) {
    return {message: 'has a query that would be lost', hint: 'Write it without everything from `?` on.'};
  }
  return undefined;
}

function isBareName({hostname, port}: URL): boolean {
  return port === '' && /^[^.[]+$/.test(hostname) && !isLoopbackHost(hostname);
}

function readPath(url: URL): WrittenEndpoint | EndpointFault {
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  const end = endOfOwnPath(segments, url.hostname);
  const rest = segments
    .slice(end)
    .filter((segment, index) => index > 0 || segment.toLowerCase() !== 'openai');
  const {deployment, tail} = readSurface(rest, end < segments.length);
  if (!/^(?:(?:chat\/)?completions|responses|embeddings|models)?$/.test(tail)) {
    return {message: `ends in "${tail}", which is no operation of Azure OpenAI`, hint: example};
  }
  return {
    origin: url.origin,
    prefix: segments
      .slice(0, end)
      .map((segment) => `/${segment}`)
      .join(''),
    deployment: emptyToUndefined(deployment),
    apiVersion: emptyToUndefined(url.searchParams.get('api-version')?.trim()),
  };
}

/** How many segments belong to a gateway or a project; `openai`, and on Azure's hosts everything, is the service's own. */
function endOfOwnPath(segments: readonly string[], hostname: string): number {
  // A deployment may be called "openai" too.
  const marker = segments.findLastIndex(
    (segment, index) => segment.toLowerCase() === 'openai' && segments[index - 1] !== 'deployments',
  );
  if (marker >= 0) return marker;
  return azureHost.test(hostname) && segments[0] !== 'api' ? 0 : segments.length;
}

function readSurface(
  rest: readonly string[],
  isThere: boolean,
): {readonly deployment?: string | undefined; readonly tail: string} {
  if (!isThere) return {tail: ''};
  if (rest[0] === 'deployments') return {deployment: decodeSegment(rest[1]), tail: rest.slice(2).join('/')};
  return {tail: rest.slice(rest[0] === 'v1' ? 1 : 0).join('/')};
}

function emptyToUndefined(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function decodeSegment(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
