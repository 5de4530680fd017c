import {writeExactJson} from '../core/exact-json.ts';
import {failureNotes} from '../core/failure-notes.ts';
import type {JsonValue} from '../core/json.ts';
import {failedProvenanceOf, provenanceOf} from '../core/provenance.ts';
import type {CompletedOutcome, FailedOutcome, Rollout} from '../core/rollout.ts';
import {partsOfRow} from './row-parts.ts';

/**
 * A completed rollout as its line, without the newline: the materialised row as it is written, with `response`, `reward` and
 * what the judge adds before the keys of its identity, and `_rollcall` behind them. Where the judge adds a key that the row
 * has, the row's own value stays.
 */
export function encodeRollout(outcome: CompletedOutcome): string {
  const {rollout, response, verification} = outcome;
  const results: [string, JsonValue][] = [['response', response]];
  if (verification !== undefined) {
    results.push(['reward', verification.reward]);
    for (const [key, value] of Object.entries(verification.fields)) {
      if (value !== undefined && !writtenHere.has(key)) results.push([key, value]);
    }
  }
  return encode(rollout, results, [...attemptIndex(rollout), ['_rollcall', provenanceOf(outcome)]]);
}

/**
 * A failed attempt as its line, without the newline: the materialised row, the policy's `response` if only the judge
 * failed, and what went wrong. Never a reward.
 */
export function encodeFailure(outcome: FailedOutcome): string {
  const {rollout, error, response} = outcome;
  const notes = failureNotes(error, response !== undefined);
  const provenance = failedProvenanceOf(outcome);
  return encode(rollout, response === undefined ? [] : [['response', response]], [
    ...attemptIndex(rollout),
    ...Object.entries(notes).map(([key, value]) => [key, value ?? null] as const),
    ...(provenance === undefined ? [] : [['_rollcall', provenance] as const]),
  ]);
}

const writtenHere: ReadonlySet<string> = new Set([
  'agent_ref',
  '_ng_task_index',
  '_ng_rollout_index',
  'response',
  'reward',
  '_ng_attempt_index',
  '_rollcall',
]);

type Members = readonly (readonly [key: string, value: JsonValue])[];

/** The row's members but those of its identity, `results` that it does not have, its identity, `notes`. */
function encode(rollout: Rollout, results: Members, notes: Members): string {
  const {head, identity, has} = partsOfRow(rollout);
  let line = head;
  for (const [key, value] of results)
    if (!has(key)) line += `${JSON.stringify(key)}:${writeExactJson(value)},`;
  line += identity;
  for (const [key, value] of notes) line += `,${JSON.stringify(key)}:${writeExactJson(value)}`;
  return `${line}}`;
}

/** NeMo Gym's count of the attempts before this one; left out of first attempts, as there. */
function attemptIndex({attempt}: Rollout): readonly (readonly [string, JsonValue])[] {
  return attempt > 1 ? [['_ng_attempt_index', attempt - 1]] : [];
}
