import {writeFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {request} from 'undici';
import {describe, expect, it, onTestFinished} from 'vitest';
import {type ProgramEnd, runProgram, startProgram} from '../helpers/run-program.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

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
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<ProgramEnd>;
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
