import {isUtf8} from 'node:buffer';
import type {Batches} from '../core/batches.ts';
import type {Problem} from '../core/errors.ts';
import {isJsonObject, type JsonObject} from '../core/json.ts';
import {locateJsonError} from '../core/locate-json-error.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {type Line, readLines} from '../runtime/jsonl.ts';

/** A line of the input that holds something. */
export interface InputRow {
  /** Its place among the rows, from 0. */
  readonly index: number;
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly bytes: Buffer;
  /** Lines before it that are blank though they stand between rows. */
  readonly blankLines: readonly number[];
}

/** The rows of an input, at most `limit` of them (0: all). Blank lines at the end are none. */
export async function* readRows(source: InputSource, limit: number): Batches<InputRow> {
  const counter = new RowCounter(limit);
  for await (const lines of readLines(source.open(), {file: source.path})) {
    yield counter.rowsOf(lines);
    if (counter.isAtLimit) return;
  }
}

class RowCounter {
  readonly #limit: number;
  #index = 0;
  #blankLines: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isAtLimit(): boolean {
    return this.#index > 0 && this.#index === this.#limit;
  }

  *rowsOf(lines: Iterable<Line>): Generator<InputRow> {
    for (const {line, bytes} of lines) {
      if (isBlank(bytes)) {
        this.#blankLines.push(line);
        continue;
      }
      const blankLines = this.#blankLines;
      this.#blankLines = [];
      yield {index: this.#index++, line, bytes, blankLines};
      if (this.isAtLimit) return;
    }
  }
}

/** A row's text with its object, or what is wrong with the line. */
export function parseRow({bytes}: Pick<Line, 'bytes'>): {text: string; row: JsonObject} | {problem: Problem} {
  if (!isUtf8(bytes)) return {problem: encodingProblem(bytes)};
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {problem: syntaxProblem(text)};
  }
  if (isJsonObject(value)) return {text, row: value};
  const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
  return {problem: {message: `is ${kind}, not a JSON object`}};
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && (byte < 9 || byte > 13)) return false;
  return true;
}

function syntaxProblem(text: string): Problem {
  const error = locateJsonError(text);
  const {offset = 0, message = 'is refused by the parser', hint} = error ?? {};
  return {message: `is not JSON: ${message}`, column: columnAt(text, offset), hint};
}

/** Counted in characters as editors count them, from 1: what takes two UTF-16 units is one. */
function columnAt(text: string, offset: number): number {
  const pairs = text.slice(0, offset).match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0;
  return offset - pairs + 1;
}

function encodingProblem(bytes: Buffer): Problem {
  const utf16 = bytes.subarray(0, 2).toString('hex');
  const hint =
    utf16 === 'fffe' || utf16 === 'feff'
      ? 'It looks like UTF-16. Convert the file: iconv -f UTF-16 -t UTF-8.'
      : 'Convert the file to UTF-8, for example: iconv -f LATIN1 -t UTF-8.';
  const before = textBeforeBadByte(bytes);
  const column = columnAt(before, before.length);
  return {message: 'is not UTF-8: the byte there belongs to no character', column, hint};
}

function textBeforeBadByte(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const replacement = Buffer.from('\ufffd');
  let at = text.indexOf('\ufffd');
  // A replacement character may also stand in the file itself.
  for (; at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (!bytes.subarray(offset, offset + replacement.length).equals(replacement)) break;
  }
  return text.slice(0, at);
}
