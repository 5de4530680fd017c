import type {Random} from '../../core/clock.ts';
import type {AnswerKey, KeyEntry} from './answer-key.ts';
import {sameAnswer} from './same-answer.ts';

/**
 * A plausible answer that is not the expected one: a number near it, no for yes, a list without one of its entries, or
 * else another question's answer, of a like shape where there is one.
 */
export function wrongAnswer({answer}: KeyEntry, key: AnswerKey, random: Random): string {
  return (
    nearbyNumber(answer, random) ??
    opposite(answer) ??
    shortenedList(answer, random) ??
    anotherAnswer(answer, key, random) ??
    'none of these'
  );
}

/** Of a number, with what follows it as long as that has no further digits, or of a fraction's upper half. */
function nearbyNumber(answer: string, random: Random): string | undefined {
  const [, before = '', digits = '', after = ''] =
    /^(\s*-?\$?)(\d{1,3}(?:,\d{3})+|\d+)((?:\.\d+)?(?:\/\d+)?[^\d,;]*)$/.exec(answer) ?? [];
  const whole = Number(digits.replaceAll(',', ''));
  if (digits === '' || !Number.isSafeInteger(whole)) return undefined;
  const step = 1 + Math.floor(random() * Math.max(3, whole * 0.2));
  const moved = whole > step && random() < 0.5 ? whole - step : whole + step;
  return `${before}${digits.includes(',') ? moved.toLocaleString('en-US') : String(moved)}${after}`;
}

const opposites: ReadonlyMap<string, string> = new Map([
  ['yes', 'no'],
  ['no', 'yes'],
  ['true', 'false'],
  ['false', 'true'],
]);

function opposite(answer: string): string | undefined {
  const other = opposites.get(answer.trim().toLowerCase());
  const capital = /^\s*\p{Lu}/u.test(answer);
  return other !== undefined && capital ? other.slice(0, 1).toUpperCase() + other.slice(1) : other;
}

function shortenedList(answer: string, random: Random): string | undefined {
  const entries = answer.split(/,\s+/);
  if (entries.length < 2) return undefined;
  const left = Math.floor(random() * entries.length);
  const shortened = entries.filter((_, index) => index !== left).join(', ');
  return sameAnswer(shortened, answer) ? undefined : shortened;
}

/** Of some answers from a place found by chance on, the one whose shape is nearest. */
function anotherAnswer(answer: string, {entries}: AnswerKey, random: Random): string | undefined {
  const start = Math.floor(random() * entries.length);
  let nearest: string | undefined;
  let least = Infinity;
  for (let step = 0; step < Math.min(entries.length, mostLookedAt); step++) {
    const other = entries[(start + step) % entries.length]?.answer ?? '';
    const distance = distanceOfShapes(other, answer);
    if (distance >= least || sameAnswer(other, answer)) continue;
    nearest = other;
    least = distance;
  }
  return nearest;
}

const mostLookedAt = 64;

function distanceOfShapes(left: string, right: string): number {
  const words = (text: string): number => text.trim().split(/\s+/).length;
  const differ = (feature: RegExp): number => (feature.test(left) === feature.test(right) ? 0 : 5);
  return Math.abs(words(left) - words(right)) + differ(/\d/) + differ(/^\s*\p{Ll}/u);
}
