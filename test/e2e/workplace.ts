import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {JsonObject} from '../../src/core/json.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {parseSimulatorSettings} from '../../src/simulator/settings/parse-simulator-settings.ts';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.ts';
import {type ProgramEnd, type ProgramRun, startProgram} from '../helpers/run-program.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

export const key = 'canary-key-0123456789';

/** A user's folder: a configuration, credentials, rows, and a simulated resource that listens. */
export interface Workplace extends AsyncDisposable {
  readonly folder: TempFolder;
  readonly simulator: Simulator;
  /** Starts `collect-rollouts` on `in.jsonl` and `out.jsonl` with this folder's configuration. */
  start(...more: readonly string[]): ProgramRun;
  collect(...more: readonly string[]): Promise<ProgramEnd>;
  write(name: string, text: string): Promise<void>;
  lines(name: string): Promise<readonly JsonObject[]>;
  /** Every file of the folder with its text; one that goes away while they are read is left out. */
  files(): Promise<ReadonlyMap<string, string>>;
}

const model = `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: \${policy_base_url}
      openai_api_key: \${policy_api_key}
      openai_model: \${policy_model_name}
      default_query: {api-version: '2024-10-21'}
      num_concurrent_requests: 16
      retry: {base_delay_s: 0.01}
`;

export interface WorkplaceOptions {
  /** Settings of the simulator beside its keys; deployment `gpt` by default. */
  readonly simulator?: JsonObject;
  readonly rows?: readonly string[];
}

/** Numbered prompts as input rows. */
export function numberedRows(count: number): readonly string[] {
  return Array.from({length: count}, (_, index) => JSON.stringify({prompt: `Say ${String(index)}.`}));
}

/** Sets a workplace up; everything is gone when it goes out of scope, programs that still run as well. */
export async function setUpWorkplace({
  simulator: settings = {},
  rows = numberedRows(8),
}: WorkplaceOptions = {}): Promise<Workplace> {
  const folder = await createTempFolder();
  const document: JsonObject = {keys: [key], deployments: {gpt: {}}, ...settings};
  const simulator = await startSimulator(parseSimulatorSettings(document, {sourceDir: folder.path}), {
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
  });
  const write = (name: string, text: string): Promise<void> => writeFile(folder.file(name), text);
  await write('model.yaml', model);
  await write(
    'env.yaml',
    `policy_base_url: ${simulator.url}\npolicy_api_key: ${key}\npolicy_model_name: gpt\n`,
  );
  await write('in.jsonl', rows.map((row) => `${row}\n`).join(''));
  const runs: ProgramRun[] = [];
  const start = (...more: readonly string[]): ProgramRun => {
    const words = [
      'collect-rollouts',
      '--config',
      'model.yaml',
      '-i',
      'in.jsonl',
      '-o',
      'out.jsonl',
      ...more,
    ];
    const run = startProgram(words, {cwd: folder.path});
    runs.push(run);
    return run;
  };
  return {
    folder,
    simulator,
    start,
    collect: (...more) => start(...more).ended,
    write,
    lines: async (name) => parseLines(await readFile(folder.file(name), 'utf8')),
    files: () => readAll(folder.path),
    async [Symbol.asyncDispose]() {
      // A test that failed may leave programs behind, which would write into the folder while it goes.
      for (const {child} of runs) child.kill('SIGKILL');
      await Promise.all(runs.map(({ended}) => ended));
      await simulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the simulator holds a request that hangs, asking again in each round of the event loop. */
export async function untilHeld({simulator}: Workplace): Promise<void> {
  while (simulator.ledger.summary().by_fault['hang'] === undefined)
    await new Promise((resolve) => setImmediate(resolve));
}

/** The objects of a JSONL text; its last line must be whole. */
export function parseLines(text: string): readonly JsonObject[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is torn');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

/** The identities of records, in order. */
export function identities(records: readonly JsonObject[]): readonly string[] {
  return records
    .map((record) => [Number(record['_ng_task_index']), Number(record['_ng_rollout_index'])] as const)
    .sort(([a, x], [b, y]) => a - b || x - y)
    .map((pair) => pair.join(':'));
}

async function readAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await Promise.all((await readdir(folder)).map((name) => readEntry(folder, name)));
  return new Map(entries.filter((entry) => entry !== undefined));
}

async function readEntry(folder: string, name: string): Promise<readonly [string, string] | undefined> {
  try {
    return [name, await readFile(join(folder, name), 'utf8')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
