import {isJsonObject, type JsonObject} from '../../core/json.ts';
import {splitMembers} from '../../core/raw-json.ts';
import type {RolloutId} from '../../core/rollout.ts';
import {partsOfRow} from '../row-parts.ts';

/** A record with the row that its identity names. */
export interface RecordAndRow {
  readonly id: RolloutId;
  readonly record: JsonObject;
  readonly recordText: string;
  readonly rowText: string;
}

/** How a record stands to its row. */
export interface RowComparison {
  /** Members of the row that the record has otherwise, or not at all. */
  readonly differing: readonly string[];
  /** Something was masked in the record: there the two cannot be compared. */
  readonly isMasked: boolean;
}

const same: RowComparison = {differing: [], isMasked: false};
const mask = '****';

/** Finds out whether the members of a row stand in its record as they are written in the row. */
export function compareWithRow(pair: RecordAndRow): RowComparison {
  return beginsWithOwnRow(pair) ? same : compareMembers(pair);
}

/** Records begin with their row up to its identity, which follows the results: most need not be taken apart. */
function beginsWithOwnRow({id, record, recordText, rowText}: RecordAndRow): boolean {
  const agent = record['agent_ref'];
  const name = isJsonObject(agent) ? agent['name'] : undefined;
  if (typeof name !== 'string') return false;
  const identity = `,"agent_ref":{"name":${JSON.stringify(name)}},"_ng_task_index":${id.taskIndex},"_ng_rollout_index":${id.rolloutIndex}`;
  if (!rowText.endsWith(`${identity}}`)) return false;
  const own = rowText.slice(0, rowText.length - identity.length - 1);
  return recordText.startsWith(`${own},`) && recordText.includes(identity, own.length);
}

function compareMembers({id, record, recordText, rowText}: RecordAndRow): RowComparison {
  const row = JSON.parse(rowText) as JsonObject;
  const agentName = '';
  const {head} = partsOfRow({id, agentName, attempt: 1, row, text: rowText});
  const wanted = splitMembers(head === '{' ? '{}' : `${head.slice(0, -1)}}`);
  const members = splitMembers(recordText);
  const differing: string[] = [];
  let isMasked = false;
  for (const [key, value] of wanted) {
    const found = members.get(key);
    if (found === value) continue;
    if (found !== undefined && isMaskedForm(value, found)) isMasked = true;
    else differing.push(key);
  }
  if (!isSameAgent(row, record)) differing.push('agent_ref');
  return {differing, isMasked};
}

function isSameAgent(row: JsonObject, record: JsonObject): boolean {
  return JSON.stringify(row['agent_ref']) === JSON.stringify(record['agent_ref']);
}

/** Whether a text may have become the other when secrets were taken out of it. */
function isMaskedForm(text: string, masked: string): boolean {
  const [first = '', ...others] = masked.split(mask);
  if (others.length === 0 || !text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of others.entries()) {
    const found = index === others.length - 1 ? text.length - part.length : text.indexOf(part, at);
    if (found < at || !text.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
}
