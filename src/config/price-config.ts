import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {expecting, number, optional, WrittenScalar} from './fields.ts';

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
    .record(z.string(), price.transform(priceOf), {error: expecting('a map of names to prices')})
    .transform((prices) => new Map(Object.entries(prices)));
}

/**
 * The packaged price list, `configs/prices.json`: JSON, because to read it as YAML took a run of a few rows a tenth of its time.
 * Its tests check it, so that no run has to.
 */
export async function readListedPrices(packageRoot: string): Promise<PriceTable> {
  const text = await readFile(join(packageRoot, 'configs/prices.json'), 'utf8');
  const {prices} = JSON.parse(text) as {readonly prices: Readonly<Record<string, WrittenPrice>>};
  return new Map(Object.entries(prices).map(([model, price]) => [model, priceOf(price)]));
}

interface WrittenPrice {
  readonly input: number;
  readonly cached_input?: number | undefined;
  readonly output: number;
}

function priceOf({input, cached_input: cachedInput, output}: WrittenPrice): PriceConfig {
  return {input, cachedInput: cachedInput ?? input, output};
}
