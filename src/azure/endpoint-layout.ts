import {decodeDeploymentName} from './deployment-name.ts';
import {isAzureHost, isFoundryHost} from './endpoint-address.ts';
import {endpointError} from './endpoint-error.ts';

/**
 * How the service's paths are built: `deployments` is the dated surface, `v1` its successor, `models` Foundry's
 * model inference API, `opaque` a gateway that takes the operation right behind its own path.
 */
export type EndpointStyle = 'v1' | 'deployments' | 'models' | 'opaque';

/** What can be asked of a deployment, as it stands in the URL. */
export type AzureOperation = 'chat/completions' | 'responses' | 'embeddings' | 'models';

/** What a URL's path says. `style` is missing where the path fits the dated surface and v1 alike. */
export interface PathLayout {
  /** The path before the style's own part, `/openai` included where there is one; no slash at its end. */
  readonly prefix: string;
  readonly style?: EndpointStyle | undefined;
  readonly deployment?: string | undefined;
  readonly operation?: AzureOperation | undefined;
  readonly notice?: string | undefined;
}

// Tails that people paste with the base URL; those without an operation of ours are only cut off.
const operationTails = new Map<string, AzureOperation | undefined>([
  ['chat/completions', 'chat/completions'],
  ['responses', 'responses'],
  ['embeddings', 'embeddings'],
  ['models', 'models'],
  ['completions', undefined],
  ['images/generations', undefined],
]);

/** Takes a URL's path apart: prefix, style, deployment and operation, as far as it tells them. */
export function readLayout(url: URL, asked: EndpointStyle | undefined): PathLayout {
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  const [first, second] = segments;
  if (first === 'api' && second === 'projects' && segments.length === 3) {
    const notice = 'the base URL is a Foundry project; the v1 API of its resource is used';
    return {prefix: '/openai', style: 'v1', notice};
  }
  // A deployment may be called "openai" too.
  const marker = segments.findLastIndex(
    (segment, index) => segment.toLowerCase() === 'openai' && segments[index - 1] !== 'deployments',
  );
  if (marker >= 0) return readSurface(pathOf(segments.slice(0, marker + 1)), segments.slice(marker + 1));
  if (asked === 'opaque') return readOpaque(segments);
  if (first === 'models' && (isFoundryHost(url.hostname) || asked === 'models')) {
    return {prefix: '', style: 'models', ...readTail(segments.slice(1))};
  }
  if (isAzureHost(url.hostname)) return readSurface('/openai', segments);
  return readGateway(segments, asked);
}

/** What follows `/openai`: the same on every host. */
function readSurface(prefix: string, rest: readonly string[]): PathLayout {
  if (rest[0] === 'v1') return {prefix, style: 'v1', ...readTail(rest.slice(1))};
  if (rest[0] !== 'deployments') return {prefix, ...readTail(rest)};
  const name = rest[1];
  const deployment = name === undefined ? undefined : decodeDeploymentName(name);
  return {prefix, style: 'deployments', deployment, ...readTail(rest.slice(2))};
}

/** A host of unknown make without `openai` in its path. */
function readGateway(segments: readonly string[], asked: EndpointStyle | undefined): PathLayout {
  const at = segments.lastIndexOf('deployments');
  if (at >= 0 && at < segments.length - 1) {
    return readSurface(pathOf(segments.slice(0, at)), segments.slice(at));
  }
  if (asked === 'models') return {prefix: pathOf(segments), style: 'models'};
  const opaque = readOpaque(segments);
  const last = segments.at(-1);
  const saysEnough = opaque.operation !== undefined || (last !== undefined && /^v\d+$/.test(last));
  if (saysEnough && asked === undefined) return opaque;
  const prefix = `${pathOf(segments)}/openai`;
  if (segments.length === 0 || asked !== undefined) return {prefix};
  const notice = `the host is not one of Azure's: taking ${prefix} as the path of its API (set \`endpoint_style\` if it is another)`;
  return {prefix, notice};
}

function readOpaque(segments: readonly string[]): PathLayout {
  for (const length of [2, 1]) {
    const tail = segments.slice(-length).join('/');
    const operation = segments.length >= length ? operationTails.get(tail) : undefined;
    if (operation !== undefined) {
      return {prefix: pathOf(segments.slice(0, -length)), style: 'opaque', operation};
    }
  }
  return {prefix: pathOf(segments), style: 'opaque'};
}

function readTail(segments: readonly string[]): {readonly operation?: AzureOperation | undefined} {
  if (segments.length === 0) return {};
  const tail = segments.join('/');
  if (operationTails.has(tail)) return {operation: operationTails.get(tail)};
  throw endpointError(`the base URL ends in "${tail}", which is no operation of Azure OpenAI`, {
    hint: 'Set `openai_base_url` to the resource alone, as in https://your-resource.openai.azure.com.',
  });
}

function pathOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment}`).join('');
}
