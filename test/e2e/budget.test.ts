import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {identities, numberedRows, setUpWorkplace, type Workplace} from './workplace.ts';

const zeroTo = (count: number): readonly string[] =>
  Array.from({length: count}, (_, index) => `${String(index)}:0`);

// Of the deployment `gpt`: a token in is a cent, a token out two.
const price = '+prices={gpt: {input: 10000, output: 20000}}';

// A model of no list, and what every token of it costs: a dollar.
const unlisted: JsonObject = {deployments: {gpt: {model: 'gpt-9x-2026-01-01'}}};
const tokenCosts1 = '+prices={gpt: {input: 1000000, output: 1000000}}';

interface Cost {
  readonly cost: number;
  readonly tokens: number;
}

/** What the records of an output say that it took. */
async function taken(place: Workplace): Promise<Cost & {readonly dearest: Cost}> {
  const each = (await place.lines('out.jsonl')).map((record): Cost => {
    const {usage} = record['response'] as {usage: {total_tokens: number}};
    const {cost_usd: cost} = record['_rollcall'] as {cost_usd?: number};
    return {cost: cost ?? 0, tokens: usage.total_tokens};
  });
  const sum = (pick: (cost: Cost) => number): number => each.reduce((all, one) => all + pick(one), 0);
  const most = (pick: (cost: Cost) => number): number => Math.max(0, ...each.map(pick));
  return {
    cost: sum(({cost}) => cost),
    tokens: sum(({tokens}) => tokens),
    dearest: {cost: most(({cost}) => cost), tokens: most(({tokens}) => tokens)},
  };
}

describe('a budget', () => {
  it('ends the run before it is passed, and a higher one goes on without doubling anything', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(60)});
    const full = await setUpWorkplace({rows: numberedRows(60)});
    await full.collect(price);
    const {cost} = await taken(full);
    await full[Symbol.asyncDispose]();

    const cap = cost / 2;
    const first = await place.collect(price, '--max-cost', String(cap), '--summary-json', 'first.json');
    expect(first.exitCode, first.stderr).toBe(5);
    expect(first.stderr).toMatch(
      /The budget ended the run early: of \$\d.*--max-cost.*higher --max-cost goes on/s,
    );
    const spent = await taken(place);
    expect(spent.cost).toBeLessThanOrEqual(cap);
    expect(spent.cost).toBeGreaterThan(cap - 3 * spent.dearest.cost);
    expect(JSON.parse((await place.files()).get('first.json') ?? '')).toMatchObject({
      ended_early: 'max_cost',
      exit_code: 5,
      cost_usd: expect.closeTo(spent.cost, 6) as number,
    });

    // The same cap has nothing left for another one.
    const sent = place.simulator.ledger.summary().requests;
    expect((await place.collect(price, '--max-cost', String(cap))).exitCode).toBe(5);
    expect(place.simulator.ledger.summary().requests).toBeLessThanOrEqual(sent + 2);

    const last = await place.collect(price, '--max-cost', String(2 * cost));
    expect(last.exitCode, last.stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(60));
    expect((await taken(place)).cost).toBeCloseTo(cost, 6);
    expect(place.simulator.ledger.summary().requests).toBe(60);
  });

  it('of tokens needs no prices', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(40)});
    const {exitCode, stderr} = await place.collect('--max-tokens-total', '300');
    expect(exitCode, stderr).toBe(5);
    const {tokens} = await taken(place);
    expect(tokens).toBeLessThanOrEqual(300);
    expect(tokens).toBeGreaterThan(200);
    expect((await place.collect('--max-tokens-total', '5000')).exitCode).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(40));
  });

  it('counts failed attempts that were answered, over resumes too', async () => {
    const judge: JsonObject = {judge: {faults: [{kind: 'status', code: 500, every: 1}]}};
    await using place = await setUpWorkplace({
      rows: [JSON.stringify({prompt: 'Say 1.', expected_answer: '1'})],
      simulator: {deployments: {gpt: {}, ...judge}},
    });
    await place.write('judge.yaml', judgeYaml);
    const prices = '+prices={gpt: {input: 10000, output: 20000}, judge: {input: 0, output: 0}}';
    const failed = await place.collect('--config', 'judge.yaml', prices);
    expect(failed.exitCode, failed.stderr).toBe(3);
    const [failure] = await place.lines('out_failures.jsonl');
    const {cost_usd: cost} = failure?.['_rollcall'] as {cost_usd: number};
    expect(cost).toBeGreaterThan(0);
    const args = ['--config', 'judge.yaml', prices, '--retry-failed'];
    const again = await place.collect(...args, '--max-cost', String(cost));
    expect(again.exitCode, again.stderr).toBe(5);
    expect(await place.lines('out_failures.jsonl')).toHaveLength(1);
  });

  it('of costs counts what was taken while no price was known, by the prices of today', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(60), simulator: unlisted});
    await place.collect('--max-tokens-total', '600');
    const {tokens} = await taken(place);
    const before = (await place.lines('out.jsonl')).length;
    const plan = await place.collect(tokenCosts1, '--dry-run');
    expect(plan.stderr).toMatch(/policy +about [\d,]+ tokens in, about [\d,]+ out, about \$\d/);
    const summary = ['--summary-json', 'summary.json'];
    const second = await place.collect(tokenCosts1, '--max-cost', String(tokens), ...summary);
    expect(second.exitCode, second.stderr).toBe(5);
    expect((await place.lines('out.jsonl')).length).toBe(before);
    // What the earlier records do not say is not taken for nothing.
    expect(JSON.parse((await place.files()).get('summary.json') ?? '')).toMatchObject({
      cost_usd_earlier: null,
    });
    const third = await place.collect(tokenCosts1, '--max-cost', String(2 * tokens));
    expect(third.exitCode, third.stderr).toBe(5);
    expect((await taken(place)).tokens).toBeLessThanOrEqual(2 * tokens);
    expect((await place.lines('out.jsonl')).length).toBeGreaterThan(before);
  });

  it('of costs is refused where a price is not known, before anything is sent or written', async () => {
    await using place = await setUpWorkplace();
    const before = [...(await place.files()).keys()];
    const {exitCode, stderr} = await place.collect('--max-cost', '5');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/model\.yaml:\d+.*the price of policy_model is not known.*model_family.*prices:/s);
    expect(place.simulator.ledger.summary().requests).toBe(0);
    expect([...(await place.files()).keys()]).toEqual(before);
  });
});

describe('a deadline', () => {
  it('starts nothing more, keeps what is on the wire, and the same command goes on', async () => {
    const rows = numberedRows(60);
    await using place = await setUpWorkplace({rows, simulator: {latency: {ttft_ms: 700}}});
    const {exitCode, stderr} = await place.collect('--deadline', '1.5s');
    expect(exitCode, stderr).toBe(5);
    expect(stderr).toMatch(/The deadline came: nothing more starts/);
    expect(stderr).toMatch(/The deadline \(1\.5 s\) ended the run early\. The same command goes on/);
    const kept = await place.lines('out.jsonl');
    expect(kept.length).toBeLessThan(60);
    expect(kept.length).toBe(place.simulator.ledger.summary().requests);
    expect(await place.lines('out_failures.jsonl')).toEqual([]);
    expect((await place.collect('--deadline', '2h')).exitCode).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(60));
  });

  it('does not wait with those who wait for quota', async () => {
    await using place = await setUpWorkplace({
      rows: numberedRows(20),
      simulator: {deployments: {gpt: {tpm: 1400}}},
    });
    const {exitCode, stderr} = await place.collect('--deadline', '1s');
    expect(exitCode, stderr).toBe(5);
    expect((await place.lines('out.jsonl')).length).toBeGreaterThan(0);
    expect(await place.lines('out_failures.jsonl')).toEqual([]);
  });
});

describe('a dry run', () => {
  it('says what is owed and what it takes, sends nothing and writes nothing', async () => {
    const rows = numberedRows(60).map((row) =>
      JSON.stringify({...(JSON.parse(row) as JsonObject), responses_create_params: {max_output_tokens: 20}}),
    );
    await using place = await setUpWorkplace({rows});
    const before = await place.files();
    const args = [price, '--dry-run', '--tpm', '1000'];
    const fresh = await place.collect(...args);
    expect(fresh.exitCode, fresh.stderr).toBe(0);
    expect(fresh.stderr).toMatch(/60 rows, 60 tasks: 60 of 60 rollouts to do/);
    expect(fresh.stderr).toMatch(/policy +about \d+ tokens in, at most 1,200 out, at most \$\d/);
    expect(fresh.stderr).toMatch(/time +policy_model: .*at 1,000 tokens a minute/);
    expect(fresh.stderr).toMatch(/Nothing was sent, and nothing was written/);
    expect(await place.files()).toEqual(before);
    expect(place.simulator.ledger.summary().requests).toBe(0);
  });

  it('tells the rest of an output that is gone on with from the answers that it has', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(100)});
    await using elsewhere = await createTempFolder();
    await place.collect(price, '--max-tokens-total', '1000');
    const {cost} = await taken(place);
    const done = (await place.lines('out.jsonl')).length;
    const before = await place.files();
    const sent = place.simulator.ledger.summary().requests;
    const dry = await place.collect(price, '--dry-run', '--summary-json', elsewhere.file('plan.json'));
    expect(dry.exitCode, dry.stderr).toBe(0);
    expect(await place.files()).toEqual(before);
    expect(place.simulator.ledger.summary().requests).toBe(sent);
    const plan = JSON.parse(await readFile(elsewhere.file('plan.json'), 'utf8')) as Plan;
    expect(plan).toMatchObject({dry_run: true, done, owed: 100 - done});
    expect(plan.estimate.output_tokens_basis).toBe('answers');
    await place.collect(price);
    const rest = (await taken(place)).cost - cost;
    expect(Math.abs(plan.estimate.cost_usd / rest - 1)).toBeLessThan(0.15);
  });

  it('is refused as the run would be', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const {exitCode, stderr} = await place.collect('--dry-run', '--temperature', '0.5');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/belongs to a run with other inputs or settings/);
  });
});

interface Plan {
  readonly estimate: {readonly cost_usd: number; readonly output_tokens_basis: string};
}

const judgeYaml = `
judge_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: \${policy_base_url}
      openai_api_key: \${policy_api_key}
      openai_model: judge
      default_query: {api-version: '2024-10-21'}
      retry: {base_delay_s: 0.01, max_tries: 1}
my_judge:
  resources_servers:
    equivalence_llm_judge:
      judge_model_server: {type: responses_api_models, name: judge_model}
`;
