import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {runProgram} from '../helpers/run-program.ts';
import {numberedRows, setUpWorkplace, type Workplace} from './workplace.ts';

const validate = (place: Workplace, ...args: readonly string[]) =>
  runProgram(['validate', '--config', 'model.yaml', ...args], {cwd: place.folder.path});

describe('validate', () => {
  it('says what a run would do, for people and for machines, and sends nothing', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(3)});
    const {exitCode, stdout, stderr} = await validate(
      place,
      '-i',
      'in.jsonl',
      '--num-repeats',
      '2',
      '--json',
    );
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(
      /asks policy_model \(deployment gpt\), not judged\n +input: 3 rows, 3 tasks, 6 rollouts\n/,
    );
    expect(JSON.parse(stdout)).toEqual({
      valid: true,
      agents: [{name: 'simple_agent', model: 'policy_model', judge: null}],
      rows: 3,
      tasks: 3,
      rollouts: 6,
    });
    expect(place.simulator.ledger.summary().requests).toBe(0);
    expect([...(await place.files()).keys()]).toEqual(['env.yaml', 'in.jsonl', 'model.yaml']);
  });

  it('names every bad row, for people and for machines', async () => {
    const rows = ['{"prompt":"a"}', '{"promt":"b"}', 'nope'];
    await using place = await setUpWorkplace({rows});
    const {exitCode, stdout, stderr} = await validate(place, '-i', 'in.jsonl', '--json');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/in\.jsonl:2: has no input\n.*→.*in\.jsonl:3:1: is not JSON/s);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      code: 'ERR_DATASET',
      problems: [{line: 2}, {line: 3, column: 1}],
    });
  });

  it.each([
    {name: 'broken YAML', yaml: 'a: [1,\nb: 2\n', text: /bad\.yaml:2:1: not valid YAML.*\n +→ /},
    {name: 'a key that stands twice', yaml: 'a: 1\na: 2\n', text: /bad\.yaml:2:1: .*same key twice.*\n +→ /},
    {name: 'a list', yaml: '- a\n', text: /bad\.yaml:1:1: the file holds a list.*\n +→ /},
    {
      name: 'a missing include',
      yaml: 'config_paths: [gone.yaml]\n',
      text: /bad\.yaml:1:16: the configuration file `gone\.yaml` does not exist\n +→ Looked for /,
    },
    {
      name: 'a reference to nothing',
      yaml: 'agent_name: ${nope}\n',
      text: /bad\.yaml:1:13: agent_name: refers to `nope`, which is not set\n +→ /,
    },
    {
      name: 'a circle',
      yaml: 'agent_name: ${a}\na: ${b}\nb: ${a}\n',
      text: /bad\.yaml:2:4: a: refers to itself: a → b → a\n/,
    },
    {
      name: 'a wrong type',
      yaml: 'limit: many\n',
      text: /bad\.yaml:1:8: limit: expected a whole number.*found `many`/,
    },
    {
      name: 'a mandatory value',
      yaml: 'limit: ???\n',
      text: /bad\.yaml:1:8: limit: .*mandatory.*\n +→ .*\+\+limit=/,
    },
  ])('refuses $name with its place and what to do', async ({yaml, text}) => {
    await using place = await setUpWorkplace();
    await place.write('bad.yaml', yaml);
    const {exitCode, stdout, stderr} = await validate(place, '--config', 'bad.yaml');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at |canary/);
    expect(stdout).toBe('');
  });

  it('refuses a broken env.yaml without quoting it', async () => {
    await using place = await setUpWorkplace();
    await place.write('env.yaml', 'policy_api_key: "canary-key-of-env\npolicy_model_name: gpt\n');
    const {exitCode, stderr} = await validate(place);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/env\.yaml:\d+:\d+: not valid YAML/);
    expect(stderr).not.toContain('canary');
  });

  it('warns of a slip in a key and goes on', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await validate(place, '+limt=5');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Warning: override "\+limt=5": limt: .* is not used\. Did you mean `limit`\?$/m);
  });

  it('checks Kubernetes documents, alone or beside a configuration, and rows with them', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(2)});
    await mkdir(join(place.folder.path, 'gateway'));
    await place.write('gateway/azure.yaml', gatewayDocuments);
    await place.write('gateway/notes.txt', 'no document');
    for (const config of [[], ['--config', 'model.yaml']]) {
      const {exitCode, stdout, stderr} = await runProgram(
        ['validate', '-f', 'gateway', ...config, '-i', 'in.jsonl', '--json'],
        {cwd: place.folder.path},
      );
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toMatch(/ {2}Backend +default\/b +accepted {2}gpt at http:\/\/simulator:8900 /);
      expect(stderr).toContain('  input: 2 rows, 2 tasks, 2 rollouts\n');
      expect(JSON.parse(stdout)).toMatchObject({
        valid: true,
        manifests: [{kind: 'Backend', file: 'gateway/azure.yaml', line: 1}, {kind: 'HTTPRoute'}],
        warnings: [
          {file: 'gateway/azure.yaml', line: 9, path: expect.stringContaining('endpoint') as string},
        ],
        rows: 2,
      });
    }
  });

  it('reads documents that PowerShell wrote, and tells of a folder without any', async () => {
    await using place = await setUpWorkplace();
    const utf16 = Buffer.from(`\uFEFF${gatewayDocuments.replaceAll('\n', '\r\n')}`, 'utf16le');
    await writeFile(join(place.folder.path, 'le.yaml'), utf16);
    await writeFile(join(place.folder.path, 'be.yaml'), Buffer.from(utf16).swap16());
    for (const file of ['le.yaml', 'be.yaml']) {
      const {exitCode, stderr} = await runProgram(['validate', '-f', file], {cwd: place.folder.path});
      expect(exitCode, stderr).toBe(0);
    }
    await mkdir(join(place.folder.path, 'empty'));
    const {exitCode, stderr} = await runProgram(['validate', '-f', 'empty', '-f', 'gone.yaml'], {
      cwd: place.folder.path,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('empty: there is no .yaml, .yml or .json file in this folder');
    expect(stderr).toContain('gone.yaml: there is no such file');
  });
});

const gatewayDocuments = `apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: b}
spec:
  type: AI
  ai:
    llm:
      azureopenai:
        endpoint: http://simulator:8900
        deploymentName: gpt
        apiVersion: v1
        authToken: {kind: Inline, inline: canary-key-1}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  rules: [{backendRefs: [{name: b, group: gateway.kgateway.dev, kind: Backend}]}]
`;
