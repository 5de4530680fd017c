import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {request} from 'undici';
import {describe, expect, it, onTestFinished} from 'vitest';
import {type ProgramEnd, runProgram, startProgram} from '../helpers/run-program.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {numberedRows, setUpWorkplace} from './workplace.ts';

describe('simulate-azure', () => {
  it('echoes for any deployment and key without a configuration, until told to stop', async () => {
    await using folder = await createTempFolder();
    const simulator = await start(folder);
    expect(simulator.ready).toEqual({
      ready: true,
      servers: [{name: 'simulator', type: 'simulator', url: simulator.url}],
    });
    expect(await simulator.ask('any', {'api-key': 'any'})).toMatchObject([
      200,
      {choices: [{message: {content: 'Say this.'}}]},
    ]);
    const {exitCode, stderr} = await simulator.stop('SIGTERM');
    expect(exitCode).toBe(143);
    expect(stderr).toBe(
      `Azure OpenAI simulator: ${simulator.url} (control: ${simulator.url}/__sim/). Ctrl-C stops it.\n`,
    );
  });

  it('takes its settings from the configuration, and from env.yaml only what they refer to', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('env.yaml'), 'policy_api_key: canary-key-1\npolicy_model_name: gpt\n');
    await writeFile(folder.file('sim.yaml'), 'keys: ["${policy_api_key}"]\ndeployments: {gpt: {}}\n');
    const simulator = await start(folder, '--config', 'sim.yaml');
    expect((await simulator.ask('gpt', {'api-key': 'canary-key-1'}))[0]).toBe(200);
    expect((await simulator.ask('gpt', {'api-key': 'other'}))[0]).toBe(401);
    expect((await simulator.ask('gtp', {'api-key': 'canary-key-1'}))[0]).toBe(404);
    const {exitCode, stderr} = await simulator.stop('SIGINT');
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain('canary');
  });

  it('listens beyond this machine only with a token, which everybody has to show', async () => {
    await using folder = await createTempFolder();
    const refused = await runProgram(['simulate-azure', '--host', '0.0.0.0', '--port', '0'], {
      cwd: folder.path,
    });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/listening on 0\.0\.0\.0 .*\n +→ .*`server_token`/);
    const simulator = await start(folder, '--host', '0.0.0.0', '+server_token=canary-token-1');
    expect((await simulator.ask('gpt', {'api-key': 'any'}))[0]).toBe(401);
    expect((await simulator.ask('gpt', {authorization: 'Bearer any'}))[0]).toBe(401);
    expect((await simulator.ask('gpt', {authorization: 'Bearer canary-token-1'}))[0]).toBe(200);
    expect((await simulator.ask('gpt', {'api-key': 'canary-token-1'}))[0]).toBe(200);
    const control = await request(`${simulator.url}/__sim/ledger`);
    expect([control.statusCode, await control.body.json()]).toMatchObject([
      401,
      {error: {code: 'invalid_server_token', param: null}},
    ]);
    expect((await simulator.stop('SIGINT')).stderr).not.toContain('canary');
  });

  it('records a resource, and stands in for it afterwards', async () => {
    await using folder = await createTempFolder();
    const key = 'canary-key-0123456789';
    await writeFile(folder.file('real.yaml'), `keys: [${key}]\ndeployments: {gpt: {}}\n`);
    const real = await start(folder, '--config', 'real.yaml');
    const recorder = await start(folder, '--record', 'records', '--upstream', real.url);
    const passed = await recorder.ask('gpt', {'api-key': key});
    expect(passed[0]).toBe(200);
    expect((await recorder.ask('none', {'api-key': key}))[0]).toBe(404);
    const {exitCode, stderr} = await recorder.stop('SIGTERM');
    expect(exitCode).toBe(143);
    expect(stderr).toBe(
      `Recording ${real.url} into ${folder.file('records')}: ${recorder.url} (control: ${recorder.url}/__sim/). Ctrl-C stops it.\n`,
    );
    await real.stop('SIGTERM');
    const names = await readdir(folder.file('records'));
    expect(names.map((name) => name.replace(/\.[0-9a-f]{12}/, ''))).toEqual([
      'post.chat-completions.gpt.001.json',
      'post.chat-completions.none.001.json',
    ]);
    for (const name of names)
      expect(await readFile(folder.file(`records/${name}`), 'utf8')).not.toContain('canary');
    const replayer = await start(folder, '--replay', 'records', '--latency', 'recorded');
    expect(await replayer.ask('gpt', {'api-key': 'any'})).toEqual(passed);
    expect(await replayer.ask('other', {})).toMatchObject([404, {error: {code: 'RecordNotFound'}}]);
    expect((await replayer.stop('SIGINT')).stderr).toContain(
      `Replaying 2 exchanges of ${folder.file('records')}: `,
    );
  });

  it('gives a recorded run once more, rollout by rollout, failures and retries too', async () => {
    const faults = [
      {kind: 'status', code: 500, probability: 0.1},
      {kind: 'truncate', probability: 0.1},
    ];
    await using place = await setUpWorkplace({rows: numberedRows(40), simulator: {faults}});
    const collect = async (url: string, output: string): Promise<readonly unknown[]> => {
      const args = ['--num-repeats', '2', '--concurrency', '16', '-o', output, `+policy_base_url=${url}`];
      const {exitCode, stderr} = await place.collect(...args);
      expect(exitCode, stderr).toBe(0);
      const lines = await place.lines(output);
      // Ids are of a run, and so is what stands under `_rollcall`.
      return lines
        .map((line) => JSON.stringify({...line, _rollcall: null}).replace(/\b(resp|msg)_[0-9a-f]+/g, '$1'))
        .toSorted();
    };
    const recorder = await start(place.folder, '--record', 'records', '--upstream', place.simulator.url);
    const first = await collect(recorder.url, 'first.jsonl');
    await recorder.stop('SIGTERM');
    expect((await readdir(place.folder.file('records'))).length).toBeGreaterThan(80);
    const replayer = await start(place.folder, '--replay', 'records');
    expect(await collect(replayer.url, 'second.jsonl')).toEqual(first);
    await replayer.stop('SIGTERM');
  });

  it('keeps every record that was whole when the recorder was killed', async () => {
    await using folder = await createTempFolder();
    const real = await start(folder);
    const recorder = await start(folder, '--record', 'records', '--upstream', real.url);
    const passed = await recorder.ask('one', {'api-key': 'any'});
    // The client may have its answer before the record is on the disk.
    while (!(await readdir(folder.file('records'))).some((name) => name.endsWith('.json')));
    const {exitCode} = await recorder.stop('SIGKILL');
    expect(exitCode).toBe(null);
    const again = await start(folder, '--record', 'records', '--upstream', real.url);
    await again.ask('two', {'api-key': 'any'});
    await again.stop('SIGTERM');
    await real.stop('SIGTERM');
    const replayer = await start(folder, '--replay', 'records');
    expect(await replayer.ask('one', {})).toEqual(passed);
    expect((await replayer.ask('two', {}))[0]).toBe(200);
    await replayer.stop('SIGTERM');
  });

  it.each([
    {name: '--record alone', args: ['--record', 'r'], text: /--record needs --upstream/},
    {name: '--upstream alone', args: ['--upstream', 'https://a.example'], text: /--upstream needs --record/},
    {
      name: '--record with --replay',
      args: ['--record', 'r', '--upstream', 'https://a.example', '--replay', 'r'],
      text: /--record and --replay exclude each other/,
    },
    {name: '--latency alone', args: ['--latency', 'none'], text: /--latency needs --replay/},
    {name: 'an empty --replay', args: ['--replay', ''], text: /--replay must not be empty/},
    {name: 'a --latency that is none', args: ['--replay', 'r', '--latency', 'slow'], text: /recorded, none/},
    {
      name: 'all of it at once',
      args: ['--record', 'r', '--replay', 'r', '--port', 'x'],
      text: /--port takes(?:.|\n)*exclude each other(?:.|\n)*needs --upstream/,
    },
    {
      name: 'an upstream in the clear',
      args: ['--record', 'r', '--upstream', 'http://a.example'],
      text: /--upstream would send keys to a\.example in the clear\n +→ /,
    },
    {
      name: 'an upstream with a credential, without repeating it',
      args: ['--record', 'r', '--upstream', 'https://me:canary@a.example'],
      text: /--upstream holds a credential\n +→ (?!.*canary)/,
    },
    {
      name: 'a folder that cannot be written',
      args: ['--record', 'file/r', '--upstream', 'https://a.example'],
      text: /cannot record into .*file\/r: ENOTDIR\n +→ /,
    },
    {
      name: 'a folder that is not there',
      args: ['--replay', 'none'],
      text: /cannot read .*none: ENOENT\n +→ /,
    },
    {
      name: 'a damaged record',
      args: ['--replay', 'damaged'],
      text: /a record is damaged\n +• .*damaged\/torn\.json:2: .*ends where/,
    },
  ])('refuses $name with exit code 2 and no stack', async ({args, text}) => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('damaged'));
    await writeFile(folder.file('damaged/torn.json'), '{"rollcall_record": 1,\n"request": ');
    await writeFile(folder.file('file'), '');
    const {exitCode, stdout, stderr} = await runProgram(['simulate-azure', '--port', '0', ...args], {
      cwd: folder.path,
    });
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    {
      name: 'a port that is none',
      args: ['--port', '80x'],
      text: /--port takes a whole number, from 0 to 65535/,
    },
    {name: 'a setting that is none', args: ['--port', '0', '+seeed=1'], text: /seeed: unknown key/},
    {
      name: 'an address of nobody',
      args: ['--host', 'no-such-host.invalid', '+server_token=abc'],
      text: /cannot listen on .*\n +→ /,
    },
  ])('refuses $name with exit code 2 and no stack', async ({args, text}) => {
    await using folder = await createTempFolder();
    const {exitCode, stdout, stderr} = await runProgram(['simulate-azure', ...args], {cwd: folder.path});
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('says that a port is taken, and what to do', async () => {
    await using folder = await createTempFolder();
    const simulator = await start(folder);
    const port = new URL(simulator.url).port;
    const {exitCode, stderr} = await runProgram(['simulate-azure', '--port', port], {cwd: folder.path});
    expect({exitCode, stderr}).toEqual({
      exitCode: 2,
      stderr: `Error: cannot listen on 127.0.0.1:${port}: EADDRINUSE\n  → Choose another port, or 0 for any free one.\n`,
    });
    await simulator.stop('SIGINT');
  });
});

interface RunningSimulator {
  readonly ready: unknown;
  readonly url: string;
  /** Status and body of a chat completion. */
  ask(deployment: string, headers: Readonly<Record<string, string>>): Promise<readonly [number, unknown]>;
  stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<ProgramEnd>;
}

/** Starts one on a free port and reads its line of JSON. */
async function start(folder: TempFolder, ...args: readonly string[]): Promise<RunningSimulator> {
  const {child, ended} = startProgram(['simulate-azure', '--port', '0', '--json', ...args], {
    cwd: folder.path,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('no standard output');
  const line = await Promise.race([
    new Promise<string>((resolve) =>
      createInterface(child.stdout as NodeJS.ReadableStream).once('line', resolve),
    ),
    ended.then(({stderr}) => Promise.reject(new Error(stderr))),
  ]);
  const ready = JSON.parse(line) as {servers: [{url: string}]};
  const {url} = ready.servers[0];
  return {
    ready,
    url,
    async ask(deployment, headers) {
      const path = `/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
      const {statusCode, body} = await request(`${url.replace('0.0.0.0', '127.0.0.1')}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({messages: [{role: 'user', content: 'Say this.'}]}),
      });
      return [statusCode, await body.json()];
    },
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
