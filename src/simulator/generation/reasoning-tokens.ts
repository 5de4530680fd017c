import {asJsonObject, asString} from '../../core/json.ts';
import type {Call} from './call.ts';
import {randomFor} from './request-hash.ts';

// Multiples of 64, as real usage shows them: the fewest and the most for each effort.
const rangeByEffort: Readonly<Record<string, readonly [number, number]>> = {
  none: [0, 0],
  minimal: [0, 0],
  low: [1, 4],
  medium: [2, 16],
  high: [8, 48],
  xhigh: [16, 96],
};

/** Tokens that a reasoning model thinks with before a choice, within the request's maximum; 0 for other models. */
export function reasoningTokens({deployment, body, hash, maxTokens}: Call): number {
  if (!deployment.family.reasoning) return 0;
  const effort =
    asString(body['reasoning_effort']) ?? asString(asJsonObject(body['reasoning'])?.['effort']) ?? 'medium';
  const [fewest, most] = rangeByEffort[effort] ?? [0, 0];
  const drawn = fewest + Math.floor(randomFor(hash, 'reasoning')() * (most - fewest + 1));
  return Math.min(drawn * 64, maxTokens ?? Number.MAX_SAFE_INTEGER);
}
