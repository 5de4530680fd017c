import {writeFile} from 'node:fs/promises';
import {setImmediate} from 'node:timers/promises';
import {describe, expect, it} from 'vitest';
import {loadRunConfig} from '../../src/app/load-run-config.ts';
import {openDeployments} from '../../src/app/open-deployments.ts';
import {forEachConcurrent} from '../../src/collect/for-each-concurrent.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {CallTrace} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {openSimulator} from '../simulator/open-simulator.ts';
import {environmentOf} from './silent-environment.ts';

const rows = 60;

const yamlOf = (url: string, more: string) => `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: ${url}
      openai_api_key: any-key
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
      ${more}
`;

async function* numbered(): AsyncGenerator<number> {
  for (let index = 0; index < rows; index++) yield await Promise.resolve(index);
}

/** Asks sixty times over real sockets; the time of day moves on only while nothing is on the wire. */
async function run(
  limits: JsonObject,
  more: string,
  overrides: readonly string[] = [],
  beside: JsonObject = {},
) {
  const clock = createFakeClock();
  await using folder = await createTempFolder();
  await using simulator = await openSimulator({deployments: {gpt: limits, ...beside}}, {clock});
  const environment = environmentOf(folder.path, clock);
  await writeFile(folder.file('model.yaml'), yamlOf(simulator.url, more));
  const sources = {configPaths: ['model.yaml'], envPath: undefined, overrides, values: {}};
  const config = await loadRunConfig(sources, environment);
  await using deployments = openDeployments(config, environment, {
    ...{models: config.models.values(), simulatorUrls: new Map()},
  });
  const {asPolicy, width, load} = deployments.get('policy_model');
  const traces: CallTrace[] = [];
  const state = {isOver: false};
  const over = forEachConcurrent(numbered(), {limit: width, stopPulling: neverCancelled}, async (index) => {
    const params = {
      input: `Question ${'x'.repeat((index * 37) % 900)}`,
      max_output_tokens: 100 + (index % 7) * 50,
    };
    const {trace} = await asPolicy(params, {cancellation: neverCancelled});
    traces.push(trace);
  }).finally(() => (state.isOver = true));
  while (!state.isOver) {
    await clock.advance(load().inFlight === 0 ? 10 : 0);
    await setImmediate();
  }
  await over;
  const statuses = simulator.ledger.entries().map(({status}) => status);
  return {traces, statuses, elapsedMs: clock.monotonic()};
}

describe('a run against a deployment with a quota', () => {
  it('is refused nothing, with nothing configured', async () => {
    const {traces, statuses, elapsedMs} = await run({tpm: 10_000, rpm: 60}, '');
    expect(statuses).toEqual(Array.from({length: rows}, () => 200));
    expect(traces.map(({calls}) => calls)).toEqual(Array.from({length: rows}, () => 1));
    // Some 21,000 tokens: the last ones have to wait for two windows to pass.
    expect(elapsedMs).toBeGreaterThan(120_000);
    expect(elapsedMs).toBeLessThan(150_000);
  });

  it.each([
    ['by the model', 'tpm: 5000', []],
    ['for all models', '', ['+tpm=5000']],
  ])('keeps to the share that is configured %s', async (_, more, overrides) => {
    const {statuses, elapsedMs} = await run({tpm: 10_000}, more, overrides);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(elapsedMs).toBeGreaterThan(240_000);
  });
});

describe('a run against provisioned throughput', () => {
  const throughput = {ptu: {units: 10, window_s: 5}, answers: [{text: 'x'.repeat(800)}]};

  it.each([
    ['that nobody has told of', ''],
    ['that is configured', 'provisioned: true'],
  ])('%s keeps its utilisation below 100 %%', async (_, more) => {
    const {traces, statuses, elapsedMs} = await run(throughput, more);
    expect(traces).toHaveLength(rows);
    // The first ones go before anything is known.
    expect(statuses.filter((status) => status === 429).length).toBeLessThanOrEqual(10);
    // Some 50,000 weighted tokens, of which 25,000 a minute are worked off.
    expect(elapsedMs).toBeGreaterThan(90_000);
    expect(elapsedMs).toBeLessThan(150_000);
  });

  it('tells which calls the service had another deployment answer', async () => {
    const spilling = {...throughput, spillover: 'standard'};
    const {traces, statuses} = await run(spilling, '', [], {standard: {tpm: 1_000_000}});
    expect(new Set(statuses)).toEqual(new Set([200]));
    const spilled = traces.filter(({spilledOver}) => spilledOver?.to === 'standard');
    expect(spilled.length).toBeGreaterThan(0);
    expect(spilled.length).toBeLessThan(30);
  });
});
