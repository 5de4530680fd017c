import {RollcallError} from '../../core/errors.ts';
import {isLoopbackHost, isPrivateHost} from '../../core/private-host.ts';

/** Where a recorder sends what it is sent. */
export interface Upstream {
  readonly origin: string;
  /** Comes before the path of every request; empty, or without a slash at its end. */
  readonly prefix: string;
}

/**
 * Reads the URL of a resource, or of a gateway with a path of its own. Fails with `ERR_USAGE` on one that is no such
 * thing; what it held is not said, as there may be a key in it.
 */
export function parseUpstream(text: string): Upstream {
  if (!URL.canParse(text)) throw refusal('is not a URL');
  const {protocol, hostname, origin, pathname, username, password, search, hash} = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') throw refusal('must begin with https:// or http://');
  if (username !== '' || password !== '') {
    throw refusal('holds a credential', 'Leave it out: the client sends its own.');
  }
  if (protocol === 'http:' && !isLoopbackHost(hostname) && !isPrivateHost(hostname)) {
    throw refusal(
      `would send keys to ${hostname} in the clear`,
      'Use https://; http:// is for this machine and private networks only.',
    );
  }
  if (search !== '' || hash !== '') throw refusal('has a query or a fragment');
  const prefix = pathname.replace(/\/+$/, '');
  if (/\/openai(?:\/|$)/.test(prefix)) throw refusal('ends within the paths of the API');
  return {origin, prefix};
}

function refusal(
  what: string,
  hint = "Give the resource alone, like https://your-resource.openai.azure.com: the client's paths go on from there.",
): RollcallError {
  return new RollcallError(`the URL of --upstream ${what}`, {code: 'ERR_USAGE', fault: 'usage', hint});
}
