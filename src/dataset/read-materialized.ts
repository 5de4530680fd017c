import {createReadStream} from 'node:fs';
import type {Batches} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';
import {parseExactJson} from '../core/exact-json.ts';
import {asJsonObject, isJsonObject, type JsonObject} from '../core/json.ts';
import {type Line, readLines} from '../runtime/jsonl.ts';
import {storeError} from '../runtime/store-error.ts';
import type {MaterializedRow} from './materialize-rows.ts';

/** A materialised row with its object. */
export interface ParsedMaterializedRow extends MaterializedRow {
  readonly row: JsonObject;
}

/** Reads a materialised file, ours or NeMo Gym's, one line at a time. Fails with `ERR_STORE_READ`, naming the line. */
export async function* readMaterialized(path: string): Batches<ParsedMaterializedRow> {
  const chunks = createReadStream(path, {highWaterMark: 256 * 1024}) as AsyncIterable<Buffer>;
  try {
    for await (const lines of readLines(chunks, {file: path, fault: 'store'})) yield rowsOf(lines, path);
  } catch (error) {
    throw storeError(path, error, 'read');
  }
}

function* rowsOf(lines: Iterable<Line>, path: string): Generator<ParsedMaterializedRow> {
  for (const {line, bytes} of lines) {
    const text = bytes.toString('utf8');
    const row = parseMaterialized(text);
    if (row !== undefined) yield row;
    else if (text.trim() !== '') damaged(path, line);
  }
}

function parseMaterialized(text: string): ParsedMaterializedRow | undefined {
  const row = parseObject(text);
  const agentName = asJsonObject(row?.['agent_ref'])?.['name'];
  const {_ng_task_index: taskIndex, _ng_rollout_index: rolloutIndex} = row ?? {};
  if (row === undefined || typeof agentName !== 'string') return undefined;
  if (!Number.isSafeInteger(taskIndex) || !Number.isSafeInteger(rolloutIndex)) return undefined;
  const id = {taskIndex: taskIndex as number, rolloutIndex: rolloutIndex as number};
  return {text, id, agentName, row};
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseExactJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function damaged(path: string, line: number): never {
  const message = 'is not a materialised row: an object with agent_ref, _ng_task_index and _ng_rollout_index';
  throw new RollcallError(`${path}, line ${line}: ${message}`, {
    code: 'ERR_STORE_READ',
    fault: 'store',
    hint: 'The file was changed from outside. Start anew with --overwrite; what is there is moved aside.',
    problems: [{file: path, line, message}],
  });
}
