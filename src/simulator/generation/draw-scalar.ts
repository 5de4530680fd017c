import type {Random} from '../../core/clock.ts';
import {asNumber, asString, type JsonObject} from '../../core/json.ts';

const usualSpan = 100;
const longestText = 10_000;

/** An integer within a schema's bounds. */
export function drawInteger(schema: JsonObject, random: Random): number {
  const lower = Math.ceil(
    asNumber(schema['minimum']) ?? nextAbove(asNumber(schema['exclusiveMinimum'])) ?? -Infinity,
  );
  const upper = Math.floor(
    asNumber(schema['maximum']) ?? nextBelow(asNumber(schema['exclusiveMaximum'])) ?? Infinity,
  );
  const [from, to] = closed(lower, upper);
  const drawn = from + Math.floor(random() * (to - from + 1));
  return onMultiple(drawn, {schema, from});
}

/** A number within a schema's bounds, of two decimals where they leave room. */
export function drawNumber(schema: JsonObject, random: Random): number {
  const exclusiveFrom = asNumber(schema['exclusiveMinimum']);
  const exclusiveTo = asNumber(schema['exclusiveMaximum']);
  const [from, to] = closed(
    asNumber(schema['minimum']) ?? exclusiveFrom ?? -Infinity,
    asNumber(schema['maximum']) ?? exclusiveTo ?? Infinity,
  );
  const drawn = from + (0.25 + random() / 2) * (to - from);
  const rounded = Math.round(drawn * 100) / 100;
  return onMultiple(rounded > from && rounded < to ? rounded : drawn, {schema, from});
}

/** A text of a schema's format and length. */
export function drawString(schema: JsonObject, random: Random): string {
  const formatted = formats.get(asString(schema['format']) ?? '')?.(random);
  if (formatted !== undefined) return formatted;
  const least = Math.min(longestText, asNumber(schema['minLength']) ?? 0);
  let text = `${word(random)} ${word(random)}`;
  while (text.length < least) text += ` ${word(random)}`;
  return text.slice(0, asNumber(schema['maxLength']) ?? text.length);
}

/** One of a list by chance; undefined when it is empty. */
export function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}

function closed(lower: number, upper: number): [number, number] {
  if (Number.isFinite(lower)) return [lower, Number.isFinite(upper) ? upper : lower + usualSpan];
  return Number.isFinite(upper) ? [upper - usualSpan, upper] : [0, usualSpan];
}

function nextAbove(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : Math.floor(bound) + 1;
}

function nextBelow(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : Math.ceil(bound) - 1;
}

function onMultiple(
  drawn: number,
  {schema, from}: {readonly schema: JsonObject; readonly from: number},
): number {
  const step = asNumber(schema['multipleOf']);
  if (step === undefined || step <= 0) return drawn;
  return Math.max(Math.ceil(from / step), Math.floor(drawn / step)) * step;
}

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'harbor'];

function word(random: Random): string {
  return pick(words, random) ?? '';
}

const formats: ReadonlyMap<string, (random: Random) => string> = new Map([
  ['date', (random) => `2025-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`],
  ['time', (random) => `1${Math.floor(random() * 10)}:30:00Z`],
  ['date-time', (random) => `2025-0${1 + Math.floor(random() * 9)}-15T12:00:00Z`],
  ['email', (random) => `${word(random)}@example.com`],
  ['uri', (random) => `https://example.com/${word(random)}`],
  ['uuid', (random) => `00000000-0000-4000-8000-${String(Math.floor(random() * 1e12)).padStart(12, '0')}`],
  ['ipv4', (random) => `192.0.2.${Math.floor(random() * 256)}`],
] satisfies [string, (random: Random) => string][]);
