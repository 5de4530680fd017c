import {copyFile, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {type ProgramEnd, runProgram} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {parseLines, setUpWorkplace, type Workplace} from './workplace.ts';

const rollcall = (place: Workplace, ...args: readonly string[]): Promise<ProgramEnd> =>
  runProgram(args, {cwd: place.folder.path});

/** Collects shards of `in.jsonl` into `s1.jsonl` and so on; all of them if none is named. */
async function collectShards(place: Workplace, of: number, indexes?: readonly number[]): Promise<string[]> {
  const outputs: string[] = [];
  for (const index of indexes ?? Array.from({length: of}, (_, at) => at + 1)) {
    const [shard, output] = [`${String(index)}/${String(of)}`, `s${String(index)}.jsonl`];
    const {exitCode, stderr} = await place.collect('--num-repeats', '2', '--shard', shard, '-o', output);
    expect(exitCode, stderr).toBe(0);
    outputs.push(output);
  }
  return outputs;
}

/** Files of an output under another name. */
async function copyOutput({folder}: Workplace, from: string, to: string): Promise<void> {
  for (const rest of [
    '.jsonl',
    '_manifest.json',
    '_materialized_inputs.jsonl',
    '_chain.jsonl',
    '_failures.jsonl',
  ])
    await copyFile(folder.file(`${from}${rest}`), folder.file(`${to}${rest}`));
}

describe('shards put together', () => {
  it('are what one run would have made: records, metrics, verdict, and the same command goes on', async () => {
    await using folder = await createTempFolder();
    const root = join(import.meta.dirname, '../..');
    const run = (...args: readonly string[]): Promise<ProgramEnd> => runProgram(args, {cwd: folder.path});
    const common = [
      '--config',
      join(root, 'configs/quickstart.yaml'),
      '-i',
      join(root, 'data/example.jsonl'),
    ];
    const words = ['collect-rollouts', ...common, '--num-repeats', '3', '--limit', '20'];
    const whole = await run(...words, '-o', 'whole.jsonl');
    expect(whole.exitCode, whole.stderr).toBe(0);
    const shards = ['1/4', '2/4', '3/4', '4/4'].map((shard) => [shard, `s${shard.charAt(0)}.jsonl`] as const);
    for (const [shard, output] of shards) {
      const {exitCode, stderr} = await run(...words, '-o', output, '--shard', shard);
      expect(exitCode, stderr).toBe(0);
    }
    const merged = await run('aggregate', ...shards.map(([, output]) => output), '-o', 'all.jsonl', '--json');
    expect(merged.exitCode, merged.stderr).toBe(0);
    expect(JSON.parse(merged.stdout)).toMatchObject({
      complete: true,
      rollouts: 60,
      expected: 60,
      missing_shards: [],
    });
    const read = (name: string): Promise<string> => readFile(folder.file(name), 'utf8');
    const sorted = (text: string): string[] => text.split('\n').sort();
    expect(sorted(await read('all_materialized_inputs.jsonl'))).toEqual(
      sorted(await read('whole_materialized_inputs.jsonl')),
    );
    const recordsOf = async (name: string): Promise<unknown[]> =>
      inOrder(parseLines(await read(name)).map(judged));
    expect(await recordsOf('all.jsonl')).toEqual(await recordsOf('whole.jsonl'));
    const metricsOf = async (stem: string): Promise<unknown> =>
      JSON.parse(await read(`${stem}_aggregate_metrics.json`)) as unknown;
    expect(await metricsOf('all')).toEqual(await metricsOf('whole'));
    for (const output of ['all.jsonl', 'whole.jsonl']) {
      const {exitCode, stdout} = await run(
        'verify',
        output,
        '--json',
        '-i',
        join(root, 'data/example.jsonl'),
      );
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        verdict: 'proven',
        wanted: 60,
        done: 60,
        findings: [],
        unproven: [],
      });
    }
    const fingerprintOf = async (stem: string): Promise<unknown> =>
      (JSON.parse(await read(`${stem}_manifest.json`)) as JsonObject)['fingerprint'];
    expect(await fingerprintOf('all')).toEqual(await fingerprintOf('whole'));
    const again = await run(...words, '-o', 'all.jsonl');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stderr).toContain('0 of 60 rollouts to do, 60 done before.');
  });

  it('are of one run though an agent is in the rows of one of them only, whose deployment only that one opens', async () => {
    const rows = ['{"prompt": "a"}', '{"prompt": "b", "agent_ref": {"name": "other"}}'];
    await using place = await setUpWorkplace({rows});
    await place.write(
      'agents.yaml',
      [
        'one: {responses_api_agents: {simple_agent: {model_server: {type: responses_api_models, name: policy_model}}}}',
        'other: {responses_api_agents: {simple_agent: {model_server: {type: responses_api_models, name: gone}}}}',
        'gone:',
        '  responses_api_models:',
        '    azure_openai_model:',
        '      openai_base_url: ${policy_base_url}',
        '      openai_api_key: ${policy_api_key}',
        '      openai_model: no-such-deployment',
      ].join('\n'),
    );
    const words = ['--config', 'agents.yaml', '--agent', 'one'];
    const first = await place.collect(...words, '--shard', '1/2', '-o', 's1.jsonl');
    expect(first.exitCode, first.stderr).toBe(0);
    const second = await place.collect(...words, '--shard', '2/2', '-o', 's2.jsonl');
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain('no-such-deployment');
    const manifest = JSON.parse((await place.files()).get('s1_manifest.json') ?? '') as {
      fingerprint: JsonObject;
    };
    expect(Object.keys(manifest.fingerprint['agents'] as JsonObject)).toEqual(['one', 'other']);
  });

  it('name the shard that is not there with what it has, write nothing and end with 3', async () => {
    await using place = await setUpWorkplace();
    const outputs = await collectShards(place, 4, [1, 2, 4]);
    const words = ['aggregate', ...outputs, '-o', 'all.jsonl', '--json', '--junit', 'j.xml'];
    const {exitCode, stdout, stderr} = await rollcall(place, ...words);
    expect(exitCode).toBe(3);
    expect((await place.files()).get('j.xml')).toContain('rollouts are missing: 4');
    expect(stderr).toContain(
      '12 of 16 rollouts are there.\nMissing: shard 3/4, 4 rollouts.\n→ Name the outputs',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      complete: false,
      missing: 4,
      missing_shards: ['3/4'],
      output: null,
    });
    expect([...(await place.files()).keys()].filter((name) => name.startsWith('all'))).toEqual([]);
  });

  it('tell apart what a shard owes and the shard that is missing', async () => {
    await using place = await setUpWorkplace();
    const outputs = await collectShards(place, 4, [1, 2, 4]);
    const [, ...others] = (await readFile(place.folder.file('s1.jsonl'), 'utf8')).split('\n');
    await place.write('s1.jsonl', others.join('\n'));
    const {exitCode, stderr} = await rollcall(place, 'aggregate', ...outputs, '-o', 'all.jsonl');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /11 of 16 rollouts are there\.\nMissing: task \d+, rollout \d\.\n.*\nMissing: shard 3\/4, 4 rollouts\./,
    );
  });

  it('are a part where that is allowed: verify names the missing shard, no run goes on with it, and it fits in later', async () => {
    await using place = await setUpWorkplace();
    const [first = '', second = '', fourth = ''] = await collectShards(place, 4, [1, 2, 4]);
    const part = await rollcall(place, 'aggregate', first, second, '-o', 'part.jsonl', '--allow-partial');
    expect(part.exitCode, part.stderr).toBe(0);
    expect(part.stderr).toContain('Missing: shards 3/4, 4/4, 8 rollouts.');
    const verified = await rollcall(place, 'verify', 'part.jsonl', '--json');
    expect(verified.exitCode).toBe(3);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      verdict: 'incomplete',
      findings: [{kind: 'shards_missing', count: 2, examples: ['3/4', '4/4']}],
    });
    for (const words of [[], ['--shard', '1/4']]) {
      const run = await place.collect('--num-repeats', '2', '-o', 'part.jsonl', ...words);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('shard: was "1,2/4"');
    }
    await collectShards(place, 4, [3]);
    const all = await rollcall(place, 'aggregate', 's3.jsonl', 'part.jsonl', fourth, '-o', 'all.jsonl');
    expect(all.exitCode, all.stderr).toBe(0);
    expect((await rollcall(place, 'verify', 'all.jsonl')).stderr).toMatch(/proven\. Each of 16 rollouts/);
    const twice = await rollcall(place, 'aggregate', first, 'part.jsonl', '-o', 'twice.jsonl');
    expect(twice.exitCode).toBe(2);
    expect(twice.stderr).toMatch(/part_manifest\.json: is shard 1\/4, and so is .*s1\.jsonl/);
  });

  it('take a shard without a task, and are whole without it too', async () => {
    await using place = await setUpWorkplace({rows: ['{"prompt": "a"}', '{"prompt": "b"}']});
    const outputs = await collectShards(place, 3);
    for (const [name, given] of [
      ['all', outputs],
      ['same', outputs.slice(0, 2)],
    ] as const) {
      const {exitCode, stderr} = await rollcall(place, 'aggregate', ...given, '-o', `${name}.jsonl`);
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toContain('4 rollouts, each of them there once.');
      expect((await rollcall(place, 'verify', `${name}.jsonl`)).exitCode).toBe(0);
    }
    const empty = await rollcall(place, 'aggregate', 's3.jsonl', '-o', 'empty.jsonl', '--json');
    expect(empty.exitCode).toBe(3);
    expect(JSON.parse(empty.stdout)).toMatchObject({missing: 4, missing_shards: ['1/3', '2/3']});
  });

  it.each<[string, (place: Workplace) => Promise<unknown>, RegExp]>([
    [
      'the same shard twice',
      (place) => copyOutput(place, 's1', 's2'),
      /not the shards of one run\n.*s2_manifest\.json: is shard 1\/2, and so is .*s1\.jsonl/,
    ],
    [
      'shards of another number',
      (place) => place.collect('--num-repeats', '2', '--shard', '2/3', '-o', 's2.jsonl', '--overwrite'),
      /s2_manifest\.json: is shard 2\/3, and .*s1\.jsonl one of 2/,
    ],
    [
      'an output that is no shard',
      (place) => place.collect('--num-repeats', '2', '-o', 's2.jsonl', '--overwrite'),
      /s2_manifest\.json: is no shard, and .*s1\.jsonl is one/,
    ],
    [
      'shards of runs with other settings',
      (place) => place.collect('--num-repeats', '3', '--shard', '2/2', '-o', 's2.jsonl', '--overwrite'),
      /different settings\n.*s2_manifest\.json: num_repeats: .*was 2, is 3/,
    ],
    [
      'shards of other rows of the same input',
      (place) =>
        place.collect(
          '--num-repeats',
          '2',
          '--limit',
          '7',
          '--shard',
          '2/2',
          '-o',
          's2.jsonl',
          '--overwrite',
        ),
      /different settings\n.*input_sha256: .*\n.*limit: .*was null, is 7/,
    ],
    [
      'a shard without a manifest',
      (place) => rm(place.folder.file('s2_manifest.json')),
      /s2\.jsonl: has no manifest that says which shard it is\n.*Run its collect-rollouts again/,
    ],
  ])('refuse %s, by name', async (_, change, text) => {
    await using place = await setUpWorkplace();
    await collectShards(place, 2);
    await change(place);
    const {exitCode, stderr} = await rollcall(place, 'aggregate', 's1.jsonl', 's2.jsonl', '-o', 'all.jsonl');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(text);
    expect([...(await place.files()).keys()].filter((name) => name.startsWith('all'))).toEqual([]);
  });

  it('say of one shard that its metrics are of it alone, and verify proves it for itself', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place, 2, [2]);
    const {exitCode, stderr} = await rollcall(place, 'aggregate', 's2.jsonl');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/Warning: .*s2\.jsonl is shard 2\/2, and its metrics are of that alone/);
    const verified = await rollcall(place, 'verify', 's2.jsonl', '-i', 'in.jsonl');
    expect(verified.exitCode, verified.stderr).toBe(0);
    expect(verified.stderr).toContain('shard 2/2: 8 of the 16 rollouts of the whole.');
  });
});

/** What a record says, without what chance and time give: ids and durations. */
function judged({judge_evaluations: evaluations, response, ...rest}: JsonObject): JsonObject {
  const {output, ...answer} = response as JsonObject;
  const text = JSON.stringify([output, evaluations]);
  const said = text.replaceAll(/"(?:id|request_id|[a-z_]*_ms|created_at)":(?:"[^"]*"|[\d.]+)/g, '');
  return {...rest, _rollcall: null, answer: {...answer, id: null}, said};
}

function inOrder(records: readonly JsonObject[]): JsonObject[] {
  const place = (record: JsonObject): number =>
    Number(record['_ng_task_index']) * 100 + Number(record['_ng_rollout_index']);
  return [...records].sort((a, b) => place(a) - place(b));
}
