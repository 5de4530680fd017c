import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import type {Problem} from '../core/errors.ts';
import {nodeAt} from './config-node.ts';
import {expecting, number, optional, toFieldInput, WrittenScalar} from './fields.ts';
import {parseYaml} from './yaml-document.ts';

/** US dollars for a million tokens. */
export interface PriceConfig {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/** Prices by name: an instance's, a deployment's or a model's. */
export type PriceTable = ReadonlyMap<string, PriceConfig>;

const members = ['input', 'cached_input', 'output'];

/** A map of names to prices; without `cached_input`, input from a cache costs what other input does. */
export function priceTable(): z.ZodType<PriceTable> {
  const price = z.preprocess(
    (input) => (input instanceof WrittenScalar ? input.text : input),
    z.strictObject(
      {input: number(0), cached_input: optional(number(0)), output: number(0)},
      {
        error: (issue) =>
          issue.code === 'unrecognized_keys'
            ? `a price has ${members.join(', ')}, in US dollars for a million tokens; not ${issue.keys.join(', ')}`
            : expecting('a price, as in `{input: 2.5, cached_input: 1.25, output: 10}`')(issue),
      },
    ),
  );
  return z
    .record(
      z.string(),
      price.transform(({input, cached_input: cachedInput, output}) => ({
        input,
        cachedInput: cachedInput ?? input,
        output,
      })),
      {error: expecting('a map of names to prices')},
    )
    .transform((prices) => new Map(Object.entries(prices)));
}

/** The packaged price list (`configs/prices.yaml`). */
export async function readListedPrices(packageRoot: string): Promise<PriceTable> {
  const file = join(packageRoot, 'configs/prices.yaml');
  const problems: Problem[] = [];
  const root = parseYaml(await readFile(file, 'utf8'), {file}, (problem) => problems.push(problem));
  const node = root === undefined ? undefined : nodeAt(root, ['prices']);
  const {data, error} = priceTable().safeParse(node === undefined ? undefined : toFieldInput(node));
  if (data !== undefined && problems.length === 0) return data;
  throw new Error(`the packaged ${file} is damaged: ${error?.message ?? JSON.stringify(problems)}`);
}
