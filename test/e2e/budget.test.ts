import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {identities, numberedRows, setUpWorkplace, type Workplace} from './workplace.ts';

const zeroTo = (count: number): readonly string[] =>
  Array.from({length: count}, (_, index) => `${String(index)}:0`);

// Of the deployment `gpt`: a token in is a cent, a token out two.
const price = '+prices={gpt: {input: 10000, output: 20000}}';

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
