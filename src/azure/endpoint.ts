import {
  apiVersionKind,
  defaultDatedVersion,
  describeUnknownVersion,
  nearestApiVersion,
} from './api-version.ts';
import {checkDeploymentName} from './deployment-name.ts';
import {parseAddress} from './endpoint-address.ts';
import {endpointError} from './endpoint-error.ts';
import {type AzureOperation, type EndpointStyle, type PathLayout, readLayout} from './endpoint-layout.ts';

/** What configuration says about where a deployment is; the environment is already read into it. */
export interface EndpointInput {
  /** Any form that people paste: a host, a base path, a whole "Target URI". */
  readonly baseUrl: string;
  /** The deployment's name. */
  readonly model?: string | undefined;
  /** Wins over `query` and over the URL. */
  readonly apiVersion?: string | undefined;
  /** `default_query`: `api-version` and whatever a gateway wants. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** How a gateway's paths are built, where the URL does not tell. */
  readonly style?: EndpointStyle | undefined;
  /** Path and query of every call, whatever is asked for: in the place of all that would be made of the rest. */
  readonly fullPath?: string | undefined;
}

/** One deployment's address, normalised: what every URL to it is made of. */
export interface AzureEndpoint {
  /** Scheme, host and port, without a slash. */
  readonly origin: string;
  /** The path before the style's own part, `/openai` included where there is one. */
  readonly prefix: string;
  readonly style: EndpointStyle;
  /** Decoded. Missing where neither the URL nor the configuration names one. */
  readonly deployment?: string | undefined;
  /** The operation that the pasted URL named. */
  readonly operation?: AzureOperation | undefined;
  /** Missing on v1, where none is needed. */
  readonly apiVersion?: string | undefined;
  /** Further query parameters. Gateways put keys there: the values are secrets. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Path and query of every call, where they are given as a whole. */
  readonly fullPath?: string | undefined;
  /** What was assumed or mended, for people. */
  readonly notices: readonly string[];
}

const foundryModelsVersion = '2024-05-01-preview';

/** Makes an address out of what was configured, or fails with `ERR_ENDPOINT` and what to do about it. */
export function normalizeEndpoint(input: EndpointInput): AzureEndpoint {
  const url = parseAddress(input.baseUrl);
  const layout = readLayout(url, input.style);
  const asked = askedVersion(input, url);
  const style = chooseStyle(layout, input.style, asked);
  const version = settleVersion(style, asked);
  const {prefix, operation} = layout;
  const moved =
    layout.style === 'deployments' && style === 'v1'
      ? `api-version ${asked ?? ''} belongs to the v1 API: using ${prefix}/v1`
      : undefined;
  return {
    origin: url.origin,
    prefix,
    style,
    ...optional('deployment', chooseDeployment(layout.deployment, input.model)),
    ...optional('operation', operation),
    ...optional('apiVersion', version.apiVersion),
    query: otherQuery(input, url),
    ...optional('fullPath', input.fullPath === undefined ? undefined : checkFullPath(input.fullPath)),
    notices: [layout.notice, moved, version.notice].filter((notice) => notice !== undefined),
  };
}

/** The values that must never be shown: whatever a gateway wants in the query. */
export function endpointSecrets(endpoint: AzureEndpoint): readonly string[] {
  const query = new URLSearchParams(endpoint.fullPath?.split('?')[1] ?? '');
  query.delete('api-version');
  return [...endpoint.query.map(([, value]) => value), ...query.values()].filter((value) => value !== '');
}

function askedVersion({apiVersion, query}: EndpointInput, url: URL): string | undefined {
  const candidates = [apiVersion, query?.['api-version'], url.searchParams.get('api-version')];
  return candidates
    .map((candidate) => candidate?.trim())
    .find((candidate) => candidate !== undefined && candidate !== '');
}

function chooseStyle(
  layout: PathLayout,
  asked: EndpointStyle | undefined,
  version: string | undefined,
): EndpointStyle {
  const isV1Version = version !== undefined && apiVersionKind(version) === 'v1';
  if (layout.style === 'deployments' && isV1Version) return 'v1';
  if (layout.style !== undefined) {
    if (asked === undefined || asked === layout.style) return layout.style;
    throw endpointError(`the base URL is of style ${layout.style}, the configuration says ${asked}`, {
      hint: 'Take `endpoint_style` out of the configuration, or give the base URL without its path.',
    });
  }
  if (asked !== undefined) return asked;
  return version === undefined || isV1Version ? 'v1' : 'deployments';
}

function checkFullPath(path: string): string {
  if (/^\/(?!\/)[!"$-[\]-~]*$/.test(path)) return path;
  throw endpointError(`${JSON.stringify(path)} cannot be the path of a call`, {
    hint: 'Begin it with one slash, and percent-encode blanks, `#`, backslashes and letters beyond ASCII.',
  });
}

/** A wrong deployment evaluates the wrong model without a word, so two names are an error. */
function chooseDeployment(inUrl: string | undefined, model: string | undefined): string | undefined {
  const configured = model === undefined || model === '' ? undefined : checkDeploymentName(model);
  if (inUrl === undefined || configured === undefined || inUrl === configured) return configured ?? inUrl;
  throw endpointError(`the base URL names deployment "${inUrl}", \`openai_model\` names "${configured}"`, {
    hint: 'Keep one of the two: take the deployment out of the base URL, or make the names the same.',
  });
}

interface SettledVersion {
  readonly apiVersion?: string | undefined;
  readonly notice?: string | undefined;
}

function settleVersion(style: EndpointStyle, asked: string | undefined): SettledVersion {
  if (asked === undefined) return defaultVersion(style);
  const kind = apiVersionKind(asked);
  if (kind === 'malformed') {
    throw endpointError(`API version not supported: ${JSON.stringify(asked)} is no api-version`, {
      hint: `Write a date, as in "${nearestApiVersion(asked)}", or "v1".`,
    });
  }
  if (style === 'v1' && kind === 'dated') {
    return {notice: `the v1 API takes no dated api-version: ${asked} is left out`};
  }
  if (style === 'deployments' && kind === 'v1') {
    const notice = `the dated API takes no api-version ${asked}: using ${defaultDatedVersion}`;
    return {apiVersion: defaultDatedVersion, notice};
  }
  return {apiVersion: asked, notice: style === 'deployments' ? describeUnknownVersion(asked) : undefined};
}

function defaultVersion(style: EndpointStyle): SettledVersion {
  if (style === 'models') return {apiVersion: foundryModelsVersion};
  if (style !== 'deployments') return {};
  return {
    apiVersion: defaultDatedVersion,
    notice: `no api-version is configured: using ${defaultDatedVersion}`,
  };
}

function otherQuery({query}: EndpointInput, url: URL): readonly (readonly [string, string])[] {
  const merged = new Map<string, string>(url.searchParams);
  for (const [name, value] of Object.entries(query ?? {})) merged.set(name, value);
  merged.delete('api-version');
  return [...merged];
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({[key]: value} as Record<K, V>);
}
