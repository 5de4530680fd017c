import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {parseSimulatorSettings} from '../../src/simulator/settings/parse-simulator-settings.ts';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.ts';
import {runProgram} from '../helpers/run-program.ts';
import {serve} from './running-servers.ts';
import {identities, key, numberedRows, setUpWorkplace, type Workplace} from './workplace.ts';

const latency = {ttft_ms: 20, per_token_ms: 0};
const settings: JsonObject = {deployments: {gpt: {latency}}};

/** A second resource, in another region. */
async function openRegion(more: JsonObject = {}): Promise<Simulator & AsyncDisposable> {
  const document = {keys: [key], ...settings, ...more};
  const simulator = await startSimulator(parseSimulatorSettings(document, {sourceDir: '.'}), {
    ...{clock: systemClock, host: '127.0.0.1', port: 0},
  });
  return {...simulator, [Symbol.asyncDispose]: () => simulator.close()};
}

async function configure(place: Workplace, entries: readonly string[]): Promise<void> {
  await place.write(
    'model.yaml',
    `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_api_key: ${key}
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
      num_concurrent_requests: 8
      retry: {base_delay_s: 0.01}
      deployments:
${entries.map((entry) => `        - {${entry}}\n`).join('')}`,
  );
}

const deploymentsOf = (records: readonly JsonObject[]): readonly unknown[] =>
  records.map((record) => (record['_rollcall'] as JsonObject)['deployment']);

describe('a collection over two deployments', () => {
  it('loses no row and doubles none when one goes down in the middle', async () => {
    const rows = 300;
    await using place = await setUpWorkplace({simulator: settings, rows: numberedRows(rows)});
    const east = await openRegion();
    await configure(place, [
      `name: west, openai_base_url: ${place.simulator.url}`,
      `name: east, openai_base_url: ${east.url}`,
    ]);
    const {ended} = place.start();
    while (east.ledger.summary().requests < 50) await new Promise(setImmediate);
    await east.close();
    const {exitCode, stderr} = await ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/policy_model: east is set aside for \d+ s, the others go on: ERR_MODEL_/);
    const records = await place.lines('out.jsonl');
    expect(identities(records)).toEqual(Array.from({length: rows}, (_, index) => `${String(index)}:0`));
    expect(new Set(deploymentsOf(records))).toEqual(new Set(['west', 'east']));
    expect(await place.lines('out_failures.jsonl')).toEqual([]);
    // Nothing is left to do, and a deployment fewer changes no answer.
    await configure(place, [`openai_base_url: ${place.simulator.url}`]);
    const again = await place.collect();
    expect(again.exitCode, again.stderr).toBe(0);
  });

  it('leaves out one with a wrong key, by a warning, and ends only when all have one', async () => {
    await using place = await setUpWorkplace({simulator: settings});
    await using east = await openRegion({keys: ['another-key-9876543210']});
    const [good, bad] = [`openai_base_url: ${place.simulator.url}`, `openai_base_url: ${east.url}`];
    await configure(place, [bad, good]);
    const first = await place.collect();
    expect(first.exitCode, first.stderr).toBe(0);
    const host = new URL(east.url).host;
    expect(first.stderr).toContain(`gpt@${host} is left out as long as the others answer: ERR_MODEL_AUTH`);
    expect(first.stderr.match(/is left out/g)).toHaveLength(1);
    expect(new Set(deploymentsOf(await place.lines('out.jsonl')))).toEqual(
      new Set([`gpt@${new URL(place.simulator.url).host}`]),
    );
    await configure(place, [`${bad}, name: a`, `${good}, name: b, openai_api_key: canary-wrong-key-1`]);
    const second = await place.collect('--overwrite');
    expect(second.exitCode, second.stderr).toBe(2);
    expect(second.stderr).toContain('ERR_MODEL_AUTH');
    expect(second.stderr).not.toContain('canary-wrong-key-1');
  });

  it('ends with 75 when the quota of each is gone for longer than it may wait', async () => {
    const gone = {faults: [{kind: 'status', code: 429, retry_after_ms: 86_400_000}]};
    await using place = await setUpWorkplace({simulator: {...settings, ...gone}});
    await using east = await openRegion(gone);
    await configure(place, [
      `name: west, openai_base_url: ${place.simulator.url}`,
      `name: east, openai_base_url: ${east.url}`,
    ]);
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(75);
    expect(stderr).toMatch(/the quota of (west|east) is exhausted for 86400 s, the others go on/);
    expect(stderr).toContain('ERR_MODEL_QUOTA_EXHAUSTED');
  });

  it('takes prices by the names of the deployments, and names the one whose price is missing', async () => {
    await using place = await setUpWorkplace({simulator: settings, rows: numberedRows(40)});
    await using east = await openRegion();
    await configure(place, [
      `name: paid, openai_base_url: ${place.simulator.url}`,
      `name: reserved, openai_base_url: ${east.url}`,
    ]);
    const half = await place.collect('--max-cost', '5', '+prices={reserved: {input: 0, output: 0}}');
    expect(half.exitCode).toBe(2);
    expect(half.stderr).toMatch(
      /model\.yaml:11:\d+.*the price of paid, a deployment of policy_model, is not known/s,
    );
    expect(half.stderr).not.toMatch(/the price of reserved/);
    expect(half.stderr).toContain('prices: {paid: {input: …');
    const both = await place.collect(
      '+prices={reserved: {input: 0, output: 0}, paid: {input: 1000000, output: 1000000}}',
    );
    expect(both.exitCode, both.stderr).toBe(0);
    for (const {response, _rollcall} of await place.lines('out.jsonl')) {
      const {usage} = response as {usage: {total_tokens: number}};
      const {deployment, cost_usd: cost} = _rollcall as {deployment: string; cost_usd: number};
      expect(cost).toBe(deployment === 'paid' ? usage.total_tokens : 0);
    }
  });

  it('refuses the same deployment twice before anything is sent', async () => {
    await using place = await setUpWorkplace({simulator: settings});
    await configure(place, [
      `openai_base_url: ${place.simulator.url}`,
      `name: again, openai_base_url: ${place.simulator.url}/`,
    ]);
    const {exitCode, stderr} = await place.collect();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/model\.yaml:12:\d+.*this is the deployment of `gpt/s);
    expect(place.simulator.ledger.summary().requests).toBe(0);
  });
});

describe('a judge over two deployments', () => {
  it('shares them with the policy', async () => {
    const answers = [
      {
        compare: {
          expected: '<answer_a>\\n([\\s\\S]*?)\\n</answer_a>',
          generated: '<answer_b>\\n([\\s\\S]*)\\n</answer_b>',
          equal: '[[A=B]]',
          not_equal: '[[A!=B]]',
        },
      },
      {text: 'four'},
    ];
    const rows = Array.from({length: 12}, (_, index) =>
      JSON.stringify({prompt: `2 + 2, ${String(index)}?`, expected_answer: 'four'}),
    );
    await using place = await setUpWorkplace({simulator: {...settings, answers}, rows});
    await using east = await openRegion({answers});
    await configure(place, [
      `name: west, openai_base_url: ${place.simulator.url}`,
      `name: east, openai_base_url: ${east.url}`,
    ]);
    await place.write(
      'judge.yaml',
      `
judge:
  resources_servers:
    equivalence_llm_judge:
      judge_model_server: {type: responses_api_models, name: policy_model}
solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
      resources_server: {type: resources_servers, name: judge}
`,
    );
    const {exitCode, stderr} = await place.collect('--config', 'judge.yaml', '--agent', 'solver');
    expect(exitCode, stderr).toBe(0);
    const records = await place.lines('out.jsonl');
    expect(records.map(({reward}) => reward)).toEqual(Array.from({length: 12}, () => 1));
    expect(place.simulator.ledger.summary().requests + east.ledger.summary().requests).toBeGreaterThanOrEqual(
      24,
    );
    expect(east.ledger.summary().requests).toBeGreaterThan(0);
  });
});

describe('a model server over two deployments', () => {
  it('answers its doors from the one that is left, and shows both in the metrics', async () => {
    await using place = await setUpWorkplace({simulator: settings});
    const east = await openRegion();
    await configure(place, [
      `name: west, openai_base_url: ${place.simulator.url}`,
      `name: east, openai_base_url: ${east.url}`,
    ]);
    await using running = await serve(['--config', 'model.yaml'], {cwd: place.folder.path});
    const model = running.url('policy_model');
    const messages = [{role: 'user', content: 'Hello'}];
    const ask = async (path: string, body: JsonObject): Promise<readonly [number, string]> => {
      const reply = await fetch(`${model}/v1/${path}`, {method: 'POST', body: JSON.stringify(body)});
      return [reply.status, await reply.text()];
    };
    const askAll = () =>
      Promise.all(
        Array.from({length: 4}, () => [
          ask('chat/completions', {messages}),
          ask('chat/completions', {messages, stream: true}),
          ask('responses', {input: 'Hello'}),
          ask('responses', {input: 'Hello', stream: true}),
        ]).flat(),
      );
    const before = await askAll();
    expect(new Set(before.map(([status]) => status))).toEqual(new Set([200]));
    expect(place.simulator.ledger.summary().requests).toBeGreaterThan(0);
    expect(east.ledger.summary().requests).toBeGreaterThan(0);
    await east.close();
    const after = await askAll();
    expect(new Set(after.map(([status]) => status))).toEqual(new Set([200]));
    const models = await (await fetch(`${model}/v1/models`)).json();
    expect(models).toMatchObject({data: [{id: 'gpt'}]});
    const metrics = await (await fetch(`${model}/metrics`)).text();
    expect(metrics).toContain('rollcall_deployment_in_flight{deployment="policy_model/west"} 0');
    expect(metrics).toContain('rollcall_deployment_serving{deployment="policy_model/west"} 1');
    expect(metrics).toContain('rollcall_deployment_serving{deployment="policy_model/east"} 0');
    const head = running.url('head');
    const port = new URL(head).port;
    const {stderr} = await runProgram(['status', `+head_server.port=${port}`], {cwd: place.folder.path});
    expect(stderr).toMatch(/✓ +policy_model +west +serving +0 under way, 0 waiting/);
    expect(stderr).toMatch(/✗ +policy_model +east +(resting|due) +0 under way, 0 waiting/);
    expect(metrics).toMatch(/rollcall_upstream_calls_total\{deployment="west"\}/);
  });
});

// One call in many takes far longer than the others.
const slow: JsonObject = {deployments: {gpt: {latency: {ttft_ms: {median: 30, sigma: 1}, per_token_ms: 0}}}};

function configureHedging(place: Workplace): Promise<void> {
  return place.write(
    'model.yaml',
    `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: ${place.simulator.url}
      openai_api_key: ${key}
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
      num_concurrent_requests: 32
      hedging: {percentile: 60, max_share: 0.5}
`,
  );
}

describe('a collection that hedges', () => {
  it('records the copies that were broken off, and counts them as calls', async () => {
    await using place = await setUpWorkplace({simulator: slow, rows: numberedRows(200)});
    await configureHedging(place);
    const {exitCode, stderr} = await place.collect('--concurrency', '8', '--summary-json', 'summary.json');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/hedged +\d+ copies of calls broken off, which may cost \$\d/);
    const provenances = (await place.lines('out.jsonl')).map((record) => record['_rollcall'] as JsonObject);
    expect(provenances).toHaveLength(200);
    const hedged = provenances.filter((provenance) => provenance['hedged'] !== undefined);
    expect(hedged.length).toBeGreaterThan(5);
    for (const provenance of hedged)
      expect(provenance).toMatchObject({
        calls: 2,
        deployment: 'gpt',
        hedged: [
          {
            deployment: 'gpt',
            input_tokens: expect.any(Number) as number,
            output_tokens_if_answered: expect.any(Number) as number,
            cost_usd_if_answered: expect.any(Number) as number,
            ms: expect.any(Number) as number,
          },
        ],
      });
    const copies = hedged.flatMap((provenance) => provenance['hedged'] as readonly JsonObject[]);
    const sumOf = (key: string): number => copies.reduce((sum, copy) => sum + Number(copy[key]), 0);
    expect(JSON.parse((await place.files()).get('summary.json') ?? '')).toMatchObject({
      hedged: {
        copies: copies.length,
        input_tokens: sumOf('input_tokens'),
        output_tokens_if_answered: sumOf('output_tokens_if_answered'),
        cost_usd_if_answered: expect.closeTo(sumOf('cost_usd_if_answered'), 8) as number,
      },
    });
    const calls = provenances.reduce((sum, provenance) => sum + Number(provenance['calls']), 0);
    const {requests} = place.simulator.ledger.summary();
    // A copy may be broken off before it has reached the service.
    expect(requests).toBeGreaterThan(200);
    expect(requests).toBeLessThanOrEqual(calls);
  });

  it('counts such copies against the cap on tokens, in a later run too', async () => {
    await using place = await setUpWorkplace({simulator: slow, rows: numberedRows(400)});
    await configureHedging(place);
    const args = ['--concurrency', '8', '--max-output-tokens', '20', '--max-tokens-total', '5000'];
    const first = await place.collect(...args);
    expect(first.exitCode, first.stderr).toBe(5);
    const before = await place.lines('out.jsonl');
    const tokensOf = ({response, _rollcall}: JsonObject): readonly [number, number] => {
      const {usage} = response as {usage: {total_tokens: number}};
      const {hedged = []} = _rollcall as {hedged?: readonly Copy[]};
      const copies = hedged.map((copy) => copy.input_tokens + copy.output_tokens_if_answered);
      return [usage.total_tokens, copies.reduce((sum, tokens) => sum + tokens, 0)];
    };
    const answered = before.reduce((sum, record) => sum + tokensOf(record)[0], 0);
    const onCopies = before.reduce((sum, record) => sum + tokensOf(record)[1], 0);
    expect(onCopies).toBeGreaterThan(100);
    // Copies of the last calls come on top of what was reserved for these.
    expect(answered + onCopies).toBeLessThan(5000 + 8 * 40);
    const second = await place.collect(...args);
    expect(second.exitCode, second.stderr).toBe(5);
    expect((await place.lines('out.jsonl')).length).toBeLessThanOrEqual(before.length + 1);
  });
});

interface Copy {
  readonly input_tokens: number;
  readonly output_tokens_if_answered: number;
}
