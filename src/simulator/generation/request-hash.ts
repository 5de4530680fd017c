import {createHash} from 'node:crypto';
import {canonicalJson} from '../../core/canonical-json.ts';
import type {Random} from '../../core/clock.ts';
import type {JsonObject} from '../../core/json.ts';
import {seededRandom} from '../../runtime/random.ts';

// How a reply travels, who asks and where it is filed do not change what the model says.
const transport: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'store',
  'metadata',
  'user',
  'safety_identifier',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

/**
 * 64 hex digits that stand for a request: from the seed, the deployment and the body with its keys in order.
 * Everything a reply is made of is drawn from it, so concurrency and order of arrival cannot show.
 */
export function requestHash(seed: number, deployment: string, body: JsonObject): string {
  return digest(`${String(seed)}\n${deployment}\n${canonicalJson(body, transport)}`);
}

/** 64 hex digits of a text, or of bytes. */
export function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A stream of draws for one purpose: the same hash and purpose give the same draws. */
export function randomFor(hash: string, purpose: string, index = 0): Random {
  let mixed = Number.parseInt(hash.slice(0, 8), 16) ^ Math.imul(index + 1, 0x9e3779b1);
  for (let at = 0; at < purpose.length; at++) mixed = Math.imul(mixed ^ purpose.charCodeAt(at), 0x01000193);
  return seededRandom(mixed ^ Number.parseInt(hash.slice(8, 16), 16));
}
