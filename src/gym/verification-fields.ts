import type {JsonObject} from '../core/json.ts';

const notFields: ReadonlySet<string> = new Set([
  'responses_create_params',
  'response',
  'reward',
  'agent_ref',
  '_rollcall',
]);
// A row may hold these from an earlier scoring: there the new one counts.
const scoredAnew: ReadonlySet<string> = new Set(['judge_evaluations', 'verification_skipped']);

/**
 * What a reply of `/verify` or `/run` adds for the record: its members but for those that the record has from elsewhere, those
 * of the row (the row's own value stays) and NeMo Gym's notes (`_ng_…`). In the reply's order.
 */
export function verificationFields(reply: JsonObject, row: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(reply).filter(
      ([key]) =>
        !notFields.has(key) && !key.startsWith('_ng_') && (scoredAnew.has(key) || !Object.hasOwn(row, key)),
    ),
  );
}
