import {endpointError} from './endpoint-error.ts';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(?=[:/?#]|$)/i;
const scheme = /^([a-z][a-z0-9+.-]*):\/+/i;
const azureHost =
  /\.(openai\.azure\.(com|us|cn)|cognitiveservices\.azure\.(com|us|cn)|services\.ai\.azure\.(com|us)|api\.cognitive\.microsoft\.(com|us))$/;
const portal = /^(portal|oai|ai|ml)\.azure\.(com|us|cn)$/;

/** Reads what a person pasted as an address: quotes, blanks and a missing scheme are forgiven, anything unsafe is not. */
export function parseAddress(pasted: string): URL {
  const text = withScheme(stripQuotes(pasted));
  refuseClimbing(text);
  const url = tryParse(text);
  if (url === undefined) {
    throw endpointError('the base URL is not a URL', {hint: baseUrlHint});
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw endpointError(`the base URL begins with ${url.protocol}//, which is not a web address`, {
      hint: baseUrlHint,
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw endpointError('the base URL carries a user name or password', {
      hint: 'Take it out of the URL and give the key as `openai_api_key`.',
    });
  }
  if (portal.test(url.hostname)) {
    throw endpointError(
      `the base URL is a page of the portal ${url.hostname}, not the address of a resource`,
      {
        hint: 'Copy the endpoint that the portal shows beside the keys, as in https://your-resource.openai.azure.com.',
      },
    );
  }
  return url;
}

/** Whether the host is one of Azure's own, where the layout of paths is known. */
export function isAzureHost(hostname: string): boolean {
  return azureHost.test(hostname);
}

/** Whether the host is a Foundry resource, which also serves the model inference API under `/models`. */
export function isFoundryHost(hostname: string): boolean {
  return /\.services\.ai\.azure\.(com|us)$/.test(hostname);
}

const baseUrlHint = 'Set `openai_base_url` to the resource, as in https://your-resource.openai.azure.com.';

function stripQuotes(pasted: string): string {
  const text = pasted.trim().replace(/^["'`<\s]+|["'`>\s]+$/g, '');
  if (text === '') throw endpointError('the base URL is empty', {hint: baseUrlHint});
  return text;
}

function withScheme(text: string): string {
  // One slash too few or too many after the scheme is a slip of the hand.
  if (scheme.test(text)) return text.replace(scheme, '$1://');
  const bare = text.replace(/^\/+/, '');
  return `${loopback.test(bare) ? 'http' : 'https'}://${bare}`;
}

/** `new URL` resolves `..` and `%2e%2e` silently, so they are looked for before. */
function refuseClimbing(text: string): void {
  const path = (text.split(/[?#]/, 1)[0] ?? '').replace(scheme, '');
  const climbs = path.split(/[/\\]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (!climbs) return;
  throw endpointError('the base URL has a `.` or `..` in its path', {hint: baseUrlHint});
}

function tryParse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
