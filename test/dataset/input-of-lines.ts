import {expect} from 'vitest';
import {itemsOf} from '../../src/core/batches.ts';
import type {MaterializeOptions} from '../../src/dataset/materialize-options.ts';
import {type MaterializedRow, materializeRows} from '../../src/dataset/materialize-rows.ts';
import {RowDrafts} from '../../src/dataset/row-drafts.ts';
import type {Survey} from '../../src/dataset/survey.ts';
import {surveyInput} from '../../src/dataset/survey-input.ts';
import type {InputSource} from '../../src/runtime/input-source.ts';

/** An input whose bytes are at hand. Values that are no text are written as JSON. */
export function inputOfLines(...lines: readonly unknown[]): InputSource {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return inputOfBytes(Buffer.from(`${text}\n`));
}

export function inputOfBytes(bytes: Buffer): InputSource {
  return {
    path: 'rows.jsonl',
    async *open() {
      yield await Promise.resolve(bytes);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Options that change nothing: one rollout a row, for the agent `solver`. */
export function plainOptions(options: Partial<MaterializeOptions> = {}): MaterializeOptions {
  return {agentName: 'solver', numRepeats: 1, addSeed: false, overrides: {}, ...options};
}

/** Both passes over an input. */
export async function materializeAll(
  source: InputSource,
  options: MaterializeOptions = plainOptions(),
): Promise<{survey: Survey; rows: MaterializedRow[]}> {
  const drafts = new RowDrafts();
  const survey = await surveyInput(source, options, drafts);
  const rows = await collect(itemsOf(materializeRows(source, survey, options, drafts)));
  // Kept or read again, they are the same.
  expect(await collect(itemsOf(materializeRows(source, survey, options)))).toEqual(rows);
  return {survey, rows};
}

/** All that a stream gives. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}
