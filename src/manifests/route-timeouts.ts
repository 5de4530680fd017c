import {parseDuration} from './duration.ts';
import type {ObjectReader} from './object-reader.ts';

/** In milliseconds; 0 switches one off. */
export interface RouteTimeouts {
  readonly requestTimeoutMs: number | undefined;
  readonly backendRequestTimeoutMs: number | undefined;
}

/** Reads the `timeouts` of a rule or a policy. */
export function readTimeouts(holder: ObjectReader): RouteTimeouts {
  const timeouts = holder.child('timeouts');
  if (timeouts === undefined) return {requestTimeoutMs: undefined, backendRequestTimeoutMs: undefined};
  const requestTimeoutMs = readDuration(timeouts, 'request');
  const backendRequestTimeoutMs = readDuration(timeouts, 'backendRequest');
  if ((backendRequestTimeoutMs ?? 0) > (requestTimeoutMs || Number.POSITIVE_INFINITY)) {
    timeouts.problem('must not be longer than `request`, which it is a part of', {key: 'backendRequest'});
  }
  return {requestTimeoutMs, backendRequestTimeoutMs};
}

function readDuration(timeouts: ObjectReader, key: string): number | undefined {
  const text = timeouts.text(key);
  const duration = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && duration === undefined) {
    timeouts.problem('is no duration', {
      key,
      hint: 'Write it as `10s`, `1m30s` or `500ms`: whole numbers with units.',
    });
  }
  return duration;
}
