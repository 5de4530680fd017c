import {RollcallError} from '../../core/errors.ts';
import {
  asJsonArray,
  asJsonObject,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../core/json.ts';
import {promptOf} from '../generation/prompt.ts';

export interface KeyEntry {
  readonly question: string;
  readonly answer: string;
}

export interface AnswerKey {
  readonly entries: readonly KeyEntry[];
  /** The entry whose question the text is, or else the longest question that it contains. */
  find(text: string): KeyEntry | undefined;
}

const prefixLength = 16;

/**
 * Reads the rows of a dataset (`expected_answer`, or `metadata.expected_answer`, with `question` or the last user
 * text) into a key. Rows without both are passed over; a line that is no JSON object is a `RollcallError`.
 */
export function readAnswerKey(text: string, file: string): AnswerKey {
  const exact = new Map<string, KeyEntry>();
  const byPrefix = new Map<string, KeyEntry[]>();
  const entries: KeyEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = parseRow(line, {file, line: index + 1});
    const answer = expectedAnswer(row);
    const questions = questionsOf(row);
    const [question] = questions;
    if (answer === undefined || question === undefined) continue;
    const entry = {question, answer};
    entries.push(entry);
    for (const each of questions) {
      if (exact.has(each)) continue;
      exact.set(each, entry);
      if (each.length < prefixLength) continue;
      const prefix = each.slice(0, prefixLength);
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), {question: each, answer}]);
    }
  }
  return {entries, find: (asked) => exact.get(asked.trim()) ?? findWithin(asked, byPrefix)};
}

function findWithin(text: string, byPrefix: ReadonlyMap<string, readonly KeyEntry[]>): KeyEntry | undefined {
  let found: KeyEntry | undefined;
  for (let at = 0; at + prefixLength <= text.length; at++) {
    for (const entry of byPrefix.get(text.slice(at, at + prefixLength)) ?? []) {
      if (entry.question.length > (found?.question.length ?? 0) && text.startsWith(entry.question, at))
        found = entry;
    }
  }
  return found;
}

function parseRow(line: string, where: {readonly file: string; readonly line: number}): JsonObject {
  try {
    const row: unknown = JSON.parse(line);
    if (isJsonObject(row)) return row;
  } catch {
    // Reported below, like a row that is no object.
  }
  throw new RollcallError(`${where.file}:${where.line}: not a JSON object`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'An answer key is JSONL: one object a line, with expected_answer and the question.',
    problems: [{message: 'not a JSON object', ...where}],
  });
}

function expectedAnswer(row: JsonObject): string | undefined {
  const given = row['expected_answer'] ?? asJsonObject(row['metadata'])?.['expected_answer'];
  return given === undefined || given === null || typeof given === 'object' ? undefined : String(given);
}

/** The texts a row can be known by, the shortest name first: its question, then its last user text. */
function questionsOf(row: JsonObject): string[] {
  const params = asJsonObject(row['responses_create_params']);
  const asked = promptOf('responses', params ?? {input: inputOf(row)}).lastUserText;
  return [asString(row['question']) ?? '', asked].map((text) => text.trim()).filter((text) => text !== '');
}

function inputOf(row: JsonObject): JsonValue {
  return row['messages'] ?? row['input'] ?? row['prompt'] ?? asJsonArray(undefined);
}
