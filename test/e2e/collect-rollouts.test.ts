import {execFileSync} from 'node:child_process';
import {open, readdir, readFile, writeFile} from 'node:fs/promises';
import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {runProgram} from '../helpers/run-program.ts';
import {identities, key, numberedRows, parseLines, setUpWorkplace} from './workplace.ts';

const zeroTo = (count: number): readonly string[] =>
  Array.from({length: count}, (_, index) => `${String(index)}:0`);

describe('collect-rollouts', () => {
  it('collects every row once and leaves the files that it says', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stdout, stderr} = await place.collect();
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''});
    const records = await place.lines('out.jsonl');
    expect(identities(records)).toEqual(zeroTo(8));
    expect(records[0]).toMatchObject({
      prompt: expect.stringMatching(/^Say/) as string,
      responses_create_params: {input: [{role: 'user'}]},
      response: {
        object: 'response',
        status: 'completed',
        usage: {total_tokens: expect.any(Number) as number},
      },
      agent_ref: {name: 'simple_agent'},
      _rollcall: {
        attempt: 1,
        calls: 1,
        deployment: 'gpt',
        simulated: true,
        request_id: expect.any(String) as string,
      },
    });
    expect(records[0]).not.toHaveProperty('reward');
    expect([...(await place.files()).keys()].sort()).toEqual([
      'env.yaml',
      'in.jsonl',
      'model.yaml',
      'out.jsonl',
      'out_aggregate_metrics.json',
      'out_chain.jsonl',
      'out_failures.jsonl',
      'out_manifest.json',
      'out_materialized_inputs.jsonl',
    ]);
  });

  it('keeps in the manifest how the limits of the deployment were learnt', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const manifest = JSON.parse(await readFile(place.folder.file('out_manifest.json'), 'utf8')) as {
      readonly runs: unknown;
    };
    expect(manifest.runs).toMatchObject([
      {
        exit_code: 0,
        deployments: [
          {name: 'policy_model', answered: 8, refused: 0, changes: [{after_s: 0, limit_tokens: null}]},
        ],
      },
    ]);
  });

  it('lets integers beyond 2^53, floats and unknown keys out as they came in', async () => {
    const row = '{"prompt":"hi","id":12345678901234567890,"weight":1.0,"nested":{"n":[9007199254740993]}}';
    await using place = await setUpWorkplace({rows: [row]});
    await place.collect();
    expect(await readFile(place.folder.file('out.jsonl'), 'utf8')).toContain(row.slice(1, -1));
  });

  it('does nothing more when everything is done, and refuses other settings by name', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const sent = place.simulator.ledger.summary().requests;
    expect((await place.collect()).exitCode).toBe(0);
    expect(place.simulator.ledger.summary().requests).toBe(sent);
    const other = await place.collect('--temperature', '0.5');
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(/responses_create_params\.temperature: was not set, is 0\.5/);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8));
  });

  it('goes on after a line was torn by a kill', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const text = await readFile(place.folder.file('out.jsonl'), 'utf8');
    await writeFile(place.folder.file('out.jsonl'), text.slice(0, -40));
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/1 of 8 rollouts to do, 7 done before/);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8));
  });

  it('starts anew with --overwrite and keeps what was there', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const {exitCode, stderr} = await place.collect('--overwrite', '--limit', '3');
    expect(exitCode, stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(3));
    const aside = [...(await place.files()).keys()].filter((name) => /^out\.\d{4}.*Z\.jsonl$/.test(name));
    expect(identities(await place.lines(aside[0] ?? ''))).toEqual(zeroTo(8));
  });

  it('reads gzip and standard input, and writes rollouts to standard output', async () => {
    await using place = await setUpWorkplace();
    const text = await readFile(place.folder.file('in.jsonl'));
    await writeFile(place.folder.file('in.jsonl.gz'), gzipSync(text));
    const zipped = await place.collect('-i', 'in.jsonl.gz', '-o', 'zip.jsonl');
    expect(zipped.exitCode, zipped.stderr).toBe(0);
    expect(identities(await place.lines('zip.jsonl'))).toEqual(zeroTo(8));
    const args = ['collect-rollouts', '--config', 'model.yaml', '-i', '-', '-o', '-'];
    const piped = await runProgram(args, {cwd: place.folder.path, stdin: text.toString()});
    expect(piped.exitCode, piped.stderr).toBe(0);
    expect(identities(parseLines(piped.stdout))).toEqual(zeroTo(8));
  });

  it('repeats rows with seeds, limits them, and takes overrides as NeMo Gym writes them', async () => {
    await using place = await setUpWorkplace();
    const args = [
      '+limit=2',
      '+num_repeats=3',
      '+num_repeats_add_seed=true',
      '+responses_create_params.temperature=0.7',
    ];
    const {exitCode, stderr} = await place.collect(...args);
    expect(exitCode, stderr).toBe(0);
    const records = await place.lines('out.jsonl');
    expect(identities(records)).toEqual(['0:0', '0:1', '0:2', '1:0', '1:1', '1:2']);
    for (const record of records) {
      expect(record['responses_create_params']).toMatchObject({
        temperature: 0.7,
        metadata: {extra_body: `{"seed":${String(Number(record['_ng_rollout_index']))}}`},
      });
    }
  });

  it('records a filtered prompt as an answer that the filter cut off', async () => {
    const rows = [JSON.stringify({prompt: 'Say something wicked.'}), ...numberedRows(2)];
    await using place = await setUpWorkplace({rows, simulator: {content_filter: {block_prompt: ['wicked']}}});
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(0);
    const filtered = (await place.lines('out.jsonl')).find((record) => record['_ng_task_index'] === 0);
    expect(filtered?.['response']).toMatchObject({
      status: 'incomplete',
      incomplete_details: {reason: 'content_filter'},
      output: [],
    });
  });
});

describe('a run with failures', () => {
  it('records them beside the output, goes on, and says so in its exit code', async () => {
    const faults = [{match: {text: 'Say 3'}, kind: 'status', code: 500, every: 1}];
    await using place = await setUpWorkplace({simulator: {faults}});
    const failed = await place.collect(
      '+policy_model.responses_api_models.azure_openai_model.retry.max_tries=2',
    );
    expect(failed.exitCode, failed.stderr).toBe(3);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8).filter((id) => id !== '3:0'));
    const [failure, ...others] = await place.lines('out_failures.jsonl');
    expect(others).toEqual([]);
    expect(failure).toMatchObject({
      prompt: 'Say 3.',
      _ng_task_index: 3,
      _ng_failure_class: expect.stringMatching(/^agent_/) as string,
      _ng_failure_terminal: false,
      _ng_failure: {code: 'ERR_MODEL_SERVER', http_status: 500, message: expect.any(String) as string},
    });
    expect(failure).not.toHaveProperty('reward');
    expect(failed.stderr).toMatch(/1 of 8 rollouts are not done.*The same command goes on/);
    expect((await place.collect('--max-failed', '1')).exitCode).toBe(0);
    expect((await place.collect('--max-attempts', '2')).stderr).toMatch(/--retry-failed tries them again/);
    expect((await place.collect('-o', '-')).stderr).toMatch(/--output FILE could/);
  });

  it('tries again what may succeed, and counts the calls', async () => {
    const faults = [{match: {text: 'Say 3'}, kind: 'reset', first: 2}];
    await using place = await setUpWorkplace({simulator: {faults}});
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(0);
    const record = (await place.lines('out.jsonl')).find(({prompt}) => prompt === 'Say 3.');
    expect(record?.['_rollcall']).toMatchObject({calls: 3, attempt: 1});
  });
});

describe('a mistake', () => {
  const version = '++policy_model.responses_api_models.azure_openai_model.default_query.api-version';
  it.each([
    {
      name: 'a wrong key',
      args: ['+policy_api_key=wrong-canary-key'],
      exitCode: 2,
      text: /Invalid API key or endpoint.*→ Check `openai_api_key`/s,
    },
    {
      name: 'an unknown deployment',
      args: ['+policy_model_name=gtp'],
      exitCode: 2,
      text: /Deployment not found.*→ Set `openai_model`.*"gtp"/s,
    },
    {
      name: 'an API version that is not served',
      args: [`${version}=2031-01-01`],
      exitCode: 2,
      text: /API version not supported.*→ 2031-01-01/s,
    },
    {
      name: 'a host that nothing listens on',
      args: ['+policy_base_url=http://127.0.0.1:9'],
      exitCode: 75,
      text: /cannot be reached.*→ Check the host/s,
    },
    {
      name: 'a name that nobody knows',
      args: ['+policy_base_url=https://no-such-host.invalid'],
      exitCode: 75,
      text: /cannot be reached.*→ Check the host/s,
    },
    {
      name: 'an input that is not there',
      args: ['-i', 'nowhere.jsonl'],
      exitCode: 2,
      text: /nowhere\.jsonl.*→/s,
    },
    {
      name: 'an agent that is not there',
      args: ['--config', 'agent.yaml', '-a', 'simple_agnet'],
      exitCode: 2,
      text: /simple_agnet.*my_simple_agent/s,
    },
    {
      name: 'a configuration that is not there',
      args: ['--config', 'nowhere.yaml'],
      exitCode: 2,
      text: /nowhere\.yaml/,
    },
    {
      name: 'a number that is none',
      args: ['--limit', 'many'],
      exitCode: 2,
      text: /--limit takes a whole number/,
    },
  ])(
    '$name: exit code $exitCode, what to do, no stack, nothing left behind',
    async ({args, exitCode, text}) => {
      await using place = await setUpWorkplace();
      await place.write(
        'agent.yaml',
        'my_simple_agent: {responses_api_agents: {simple_agent: {model_server: {type: responses_api_models, name: policy_model}}}}\n',
      );
      const before = [...(await place.files()).keys()];
      const end = await place.collect(...args);
      expect(end.exitCode, end.stderr).toBe(exitCode);
      expect(end.stderr).toMatch(text);
      expect(end.stderr.match(/^Error:/gm)).toHaveLength(1);
      expect(end.stderr).not.toMatch(/\n\s+at |canary/);
      expect(end.stdout).toBe('');
      expect([...(await place.files()).keys()]).toEqual(before);
    },
  );

  it('in row 7 is named with file and line before anything is sent', async () => {
    const rows = numberedRows(9).map((row, index) => (index === 6 ? '{"prompt": nope}' : row));
    await using place = await setUpWorkplace({rows});
    const {exitCode, stderr} = await place.collect();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/in\.jsonl:7:\d+: /);
    expect(place.simulator.ledger.summary().requests).toBe(0);
  });

  it('of leaving a mandatory value out names the key and how to give it', async () => {
    await using place = await setUpWorkplace();
    await place.write(
      'model.yaml',
      (await readFile(place.folder.file('model.yaml'), 'utf8')).replace("'2024-10-21'", '???'),
    );
    const {exitCode, stderr} = await place.collect();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/model\.yaml:\d+.*default_query\.api-version.*\+\+policy_model/s);
  });
});

describe('secrets', () => {
  it('are in no output, log, manifest or error', async () => {
    const answers = [{rule: {match: 'Say 5', reply: `Your key is ${key}.`}}, {echo: true}];
    const faults = [
      {match: {text: 'Say 4'}, kind: 'status', code: 500, every: 1, body: {error: {message: `bad ${key}`}}},
    ];
    await using place = await setUpWorkplace({simulator: {faults, answers}});
    const {stdout, stderr} = await place.collect('-v', '--summary-json', 'summary.json', '--max-failed', '5');
    const texts = new Map([...(await place.files()), ['stdout', stdout], ['stderr', stderr]]);
    texts.delete('env.yaml');
    const leaks = [...texts].filter(([, text]) => text.includes('canary')).map(([name]) => name);
    expect(leaks).toEqual([]);
    expect(texts.has('summary.json')).toBe(true);
  });
});

describe('a signal', () => {
  it('drains: what is in flight is kept, the exit code is its own, and the same command goes on', async () => {
    const rows = numberedRows(60);
    await using place = await setUpWorkplace({rows, simulator: {latency: {ttft_ms: 150}}});
    const run = place.start();
    await firstRecord(place.folder.file('out.jsonl'));
    run.child.kill('SIGINT');
    const {exitCode, stderr} = await run.ended;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toMatch(/draining/);
    const kept = await place.lines('out.jsonl');
    expect(kept.length).toBeGreaterThanOrEqual(16);
    expect(kept.length).toBeLessThan(60);
    expect(kept.length).toBe(place.simulator.ledger.summary().requests);
    expect((await place.collect()).exitCode).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(60));
  });

  it('does not wait with those who wait for a cool-down, and sends nothing more', async () => {
    const faults = [{kind: 'status', code: 429, nth: 20, retry_after_ms: 500_000}];
    await using place = await setUpWorkplace({rows: numberedRows(60), simulator: {faults}});
    const run = place.start();
    while ((place.simulator.ledger.summary().by_status[429] ?? 0) === 0) await new Promise(setImmediate);
    run.child.kill('SIGINT');
    const {exitCode, stderr} = await run.ended;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toMatch(/what still waits for its first call is owed again/);
    const kept = await place.lines('out.jsonl');
    expect(kept.length).toBe(place.simulator.ledger.summary().requests - 1);
    expect(await place.lines('out_failures.jsonl')).toEqual([]);
    expect((await place.collect()).exitCode).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(60));
  });

  it('ends the reading of an input that has no end, and leaves nothing behind', async () => {
    await using place = await setUpWorkplace();
    execFileSync('mkfifo', [place.folder.file('pipe.jsonl')]);
    const before = await readdir(place.folder.path);
    const run = place.start('-i', 'pipe.jsonl');
    // Opens when the program reads.
    const writer = await open(place.folder.file('pipe.jsonl'), 'w');
    await writer.write('{"prompt": "Say 1."}\n');
    run.child.kill('SIGINT');
    const {exitCode, stderr} = await run.ended;
    await writer.close();
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toMatch(/nothing was sent/);
    expect(await readdir(place.folder.path)).toEqual(before);
  });

  it('aborts when it comes twice, though a call hangs', async () => {
    const faults = [{match: {text: 'Say 3'}, kind: 'hang', every: 1}];
    await using place = await setUpWorkplace({simulator: {faults}});
    const run = place.start();
    await firstRecord(place.folder.file('out.jsonl'));
    run.child.kill('SIGTERM');
    await said(run.child.stderr, /draining/);
    run.child.kill('SIGTERM');
    const {exitCode, stderr} = await run.ended;
    expect(exitCode, stderr).toBe(143);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8).filter((id) => id !== '3:0'));
  });
});

/** Resolves once the file has a whole line. */
async function firstRecord(path: string): Promise<void> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.includes('\n')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function said(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<void> {
  if (stream === null) return;
  await new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      if (pattern.test(chunk.toString())) resolve();
    });
  });
}
