import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {readListedPrices} from '../../src/config/price-config.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {createFolder, modelYaml} from './config-folder.ts';

describe('the packaged price list', () => {
  it('is dated, and has nothing but numbers of US dollars under the names that a configuration uses', async () => {
    const list = JSON.parse(await readFile('configs/prices.json', 'utf8')) as JsonObject;
    expect(list['as_of']).toMatch(/^20\d\d-\d\d-\d\d$/);
    const yaml = `${modelYaml()}prices: ${JSON.stringify(list['prices'])}\n`;
    await using folder = await createFolder({'a.yaml': yaml});
    const {prices} = await folder.load({configPaths: ['a.yaml']});
    expect(prices.listed).toEqual(prices.own);
  });

  it('has a price for the models that the service names most, cached input never above other input', async () => {
    const prices = await readListedPrices(process.cwd());
    for (const model of ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-5', 'o3', 'o4-mini'])
      expect(prices.get(model)?.output).toBeGreaterThan(0);
    for (const {input, cachedInput, output} of prices.values()) {
      expect(cachedInput).toBeLessThanOrEqual(input);
      expect(output).toBeGreaterThan(input);
    }
  });
});

describe('prices', () => {
  it('are read by name, beside those of the package', async () => {
    const yaml = `${modelYaml()}prices:\n  gpt-4.1: {input: 1.5, output: 6}\n  policy_model: {input: 0, cached_input: 0, output: 0}\n`;
    await using folder = await createFolder({'a.yaml': yaml});
    const {prices, warnings} = await folder.load({configPaths: ['a.yaml']});
    expect(Object.fromEntries(prices.own)).toEqual({
      'gpt-4.1': {input: 1.5, cachedInput: 1.5, output: 6},
      policy_model: {input: 0, cachedInput: 0, output: 0},
    });
    expect(prices.listed.get('gpt-4.1')).toEqual({input: 2, cachedInput: 0.5, output: 8});
    expect(warnings).toEqual([]);
  });

  it('may be given on the command line', async () => {
    await using folder = await createFolder();
    const {prices} = await folder.load({overrides: ['+prices={gpt-4.1: {input: 1, output: 2}}']});
    expect(prices.own.get('gpt-4.1')?.output).toBe(2);
  });

  it.each([
    ['{gpt-4o: {input: 1}}', /a number of at least 0 is required here/, 'prices.gpt-4o.output'],
    ['{gpt-4o: {input: -1, output: 1}}', /a number of at least 0, found `-1`/, 'prices.gpt-4o.input'],
    [
      '{gpt-4o: {input: 1, cached: 1, output: 1}}',
      /a price has input, cached_input, output.*not cached/,
      'prices.gpt-4o',
    ],
    ['{gpt-4o: 3}', /a price, as in/, 'prices.gpt-4o'],
    ['5', /a map of names to prices/, 'prices'],
  ])('refuse %s, and say where and why', async (value, message, path) => {
    await using folder = await createFolder({'a.yaml': `prices: ${value}\n`});
    const [problem, ...others] = await folder.problems({configPaths: ['a.yaml']});
    expect(others).toEqual([]);
    expect(problem).toMatchObject({path, line: 1});
    expect(problem?.message).toMatch(message);
  });
});
