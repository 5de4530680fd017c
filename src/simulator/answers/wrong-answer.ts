import type {Random} from '../../core/clock.ts';
import type {AnswerKey, KeyEntry} from './answer-key.ts';
import {sameAnswer} from './normalise-answer.ts';

const tries = 8;

/** A plausible answer that is not the expected one: a number near it, or another question's answer. */
export function wrongAnswer(entry: KeyEntry, key: AnswerKey, random: Random): string {
  return nearbyNumber(entry.answer, random) ?? anotherAnswer(entry, key, random) ?? 'none of these';
}

function nearbyNumber(answer: string, random: Random): string | undefined {
  const [, sign = '', digits = '', fraction = ''] =
    /^\s*(-?)\$?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*%?\s*$/.exec(answer) ?? [];
  if (digits === '') return undefined;
  const whole = Number(digits.replaceAll(',', ''));
  if (!Number.isSafeInteger(whole)) return undefined;
  const step = 1 + Math.floor(random() * Math.max(3, whole * 0.2));
  const moved = whole > step && random() < 0.5 ? whole - step : whole + step;
  return `${sign}${digits.includes(',') ? moved.toLocaleString('en-US') : String(moved)}${fraction}`;
}

function anotherAnswer({answer}: KeyEntry, {entries}: AnswerKey, random: Random): string | undefined {
  for (let attempt = 0; attempt < tries; attempt++) {
    const other = entries[Math.floor(random() * entries.length)]?.answer;
    if (other !== undefined && !sameAnswer(other, answer)) return other;
  }
  return undefined;
}
