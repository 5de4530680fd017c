import {readFile, writeFile} from 'node:fs/promises';
import {setImmediate} from 'node:timers/promises';
import {type CollectResult, collect} from '../../src/app/collect.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {openSimulator} from '../simulator/open-simulator.ts';
import {environmentOf} from './silent-environment.ts';

const yamlOf = (url: string, stream: boolean, api: string): string => `
.model: &model
  openai_base_url: ${url}
  openai_api_key: any-key
  default_query: {api-version: '2025-04-01-preview'}
  stream: ${String(stream)}
  upstream_api: ${api}
  retry: {max_tries: 2, base_delay_s: 0.1}
policy_model:
  responses_api_models:
    azure_openai_model: {<<: *model, openai_model: policy}
judge_model:
  responses_api_models:
    azure_openai_model: {<<: *model, openai_model: judge}
my_judge:
  resources_servers:
    equivalence_llm_judge:
      judge_model_server: {type: responses_api_models, name: judge_model}
      judge_prompt_template: "A: {expected_answer} B: {generated_answer}"
my_agent:
  responses_api_agents:
    simple_agent:
      resources_server: {type: resources_servers, name: my_judge}
      model_server: {type: responses_api_models, name: policy_model}
`;

/** How one row ended. */
export interface RowEnd {
  readonly record: JsonObject | undefined;
  readonly failure: JsonObject | undefined;
}

export interface FaultyRun {
  readonly end: CollectResult['end']['kind'];
  /** In the order of the faults. */
  readonly rows: readonly RowEnd[];
}

export interface FaultyRunOptions {
  /** Each strikes every call of one row. */
  readonly faults: readonly JsonObject[];
  /** Whose deployment breaks; the other one is well. */
  readonly place: 'policy' | 'judge';
  readonly stream: boolean;
  readonly api?: 'chat_completions' | 'responses';
  /** Further members of each row. */
  readonly row?: JsonObject;
}

/** The policy's answer, with characters of two to four bytes. */
export const answer = 'Ünïcode: 東京 🗼.';

/**
 * Collects judged rows over real sockets, one for each fault, with the time limits that a run has unless it is told
 * otherwise. Time passes as fast as the sockets allow.
 */
export async function collectWithFaults(options: FaultyRunOptions): Promise<FaultyRun> {
  const {faults, place, stream, api = 'chat_completions', row: more = {}} = options;
  const clock = createFakeClock();
  await using folder = await createTempFolder();
  await using simulator = await openSimulator(
    {
      deployments: {policy: {answers: [{text: answer}]}, judge: {answers: [{text: '[[A=B]]'}]}},
      faults: faults.map((fault, row) => ({...fault, match: {deployment: `^${place}$`, text: `<${row}>`}})),
    },
    {clock},
  );
  await writeFile(folder.file('run.yaml'), yamlOf(simulator.url, stream, api));
  const lines = faults.map((_, row) =>
    JSON.stringify({prompt: `q <${row}>`, expected_answer: `<${row}>`, ...more}),
  );
  await writeFile(folder.file('in.jsonl'), lines.join('\n'));
  const values = {input_jsonl_fpath: 'in.jsonl', output_jsonl_fpath: 'out.jsonl'};
  const never = new CancellationSource();
  const running = collect(
    {
      configPaths: ['run.yaml'],
      envPath: undefined,
      overrides: [],
      values,
      overwrite: false,
      retryFailed: false,
      retryKind: undefined,
    },
    environmentOf(folder.path, clock),
    {drain: never, abort: never, onStart: () => undefined},
    {ofResult: () => 0, ofError: () => 1},
  );
  const {end} = await passTime(running, clock);
  const records = parseLines(await readFile(folder.file('out.jsonl'), 'utf8'));
  const failures = parseLines(await readFile(folder.file('out_failures.jsonl'), 'utf8'));
  return {
    end: end.kind,
    rows: faults.map((_, row) => ({
      record: records.find((record) => record['_ng_task_index'] === row),
      failure: failures.find((failure) => failure['_ng_task_index'] === row),
    })),
  };
}

// So many turns of the event loop are enough for what is on the sockets to arrive.
const turns = 20;
const stepMs = 5_000;

async function passTime<T>(running: Promise<T>, clock: FakeClock): Promise<T> {
  const state = {isOver: false};
  const over = running.finally(() => (state.isOver = true));
  over.catch(() => undefined);
  while (!state.isOver) {
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    await clock.advance(stepMs);
  }
  return over;
}

function parseLines(text: string): readonly JsonObject[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}
