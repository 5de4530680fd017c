import {spawn} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

const program = join(import.meta.dirname, '../../bin/rollcall.js');
const key = 'key-of-the-chaos';

const repeats = 2;

/** Rollouts in flight at most. */
export const concurrency = 16;

/**
 * Writes rows and configuration into the folder and starts two simulators that would give the same answers: one with faults, and
 * one without, whose rewards are the truth.
 */
export async function setScene(folder, {rows, seed}) {
  const file = (name) => join(folder, name);
  const write = (name, value) => writeFile(file(name), JSON.stringify(value));
  await writeFile(file('rows.jsonl'), rowsOf(Math.ceil(rows / repeats)));
  await write('judging.json', judging);
  await write('rough.json', simulatorSettings({rows, seed, faults}));
  await write('calm.json', simulatorSettings({rows, seed, faults: []}));
  const simulators = await Promise.all(
    ['rough', 'calm'].map((name) => startSimulator(folder, `${name}.json`)),
  );
  const [rough, calm] = simulators;
  return {
    file,
    /** Runs the program with these arguments to its end. */
    run: (args) => startProgram(folder, args).ended,
    /** The command under test; its output is `STEM.jsonl`. `rough`: with faults. */
    collect: (stem, {isRough}) =>
      startProgram(folder, collectArguments(stem, isRough ? rough.url : calm.url)),
    /** What the simulator with faults remembers of each request, in the order of arrival. */
    async calls() {
      const reply = await fetch(`${rough.url}/__sim/ledger`);
      return (await reply.json()).entries;
    },
    close() {
      for (const {child} of simulators) child.kill('SIGTERM');
    },
  };
}

function collectArguments(stem, url) {
  const input = ['--config', 'judging.json', '-a', 'agent', '-i', 'rows.jsonl', '-o', `${stem}.jsonl`];
  const repeating = ['--num-repeats', String(repeats), '--num-repeats-add-seed'];
  const limits = ['--concurrency', String(concurrency), '--max-attempts', '1000'];
  return ['collect-rollouts', ...input, ...repeating, ...limits, '--progress', 'none', `+resource=${url}`];
}

/** Questions with characters of two, three and four bytes, and their answers. */
function rowsOf(count) {
  const line = (index) =>
    JSON.stringify({
      responses_create_params: {input: [{role: 'user', content: `Who is number ${index}? „ü€😀“`}]},
      question: `Who is number ${index}? „ü€😀“`,
      expected_answer: `Zoë ${index}`,
      id: 12_345_678_901_234 + index,
    });
  return Array.from({length: count}, (_, index) => `${line(index)}\n`).join('');
}

function modelOf(deployment) {
  return {
    responses_api_models: {
      azure_openai_model: {
        openai_base_url: '${resource}',
        openai_api_key: key,
        openai_model: deployment,
        default_query: {'api-version': '2024-10-21'},
        num_concurrent_requests: concurrency,
        // Long enough for a machine that is busy with other things, short enough for calls that hang.
        timeouts: {first_byte_s: 2, idle_s: 2, call_s: 4},
        // Two tries, so that some rollouts fail and are owed again.
        retry: {max_tries: 2, base_delay_s: 0.02, max_delay_s: 0.05},
      },
    },
  };
}

const judging = {
  policy_model: modelOf('policy'),
  judge_model: modelOf('judge'),
  judge: {
    resources_servers: {
      equivalence_llm_judge: {judge_model_server: {type: 'responses_api_models', name: 'judge_model'}},
    },
  },
  agent: {
    responses_api_agents: {
      simple_agent: {
        model_server: {type: 'responses_api_models', name: 'policy_model'},
        resources_server: {type: 'resources_servers', name: 'judge'},
      },
    },
  },
};

const faults = [
  {kind: 'status', code: 500, probability: 0.06},
  {kind: 'status', code: 503, probability: 0.04},
  {kind: 'status', code: 429, retry_after_ms: 30, probability: 0.02},
  {kind: 'reset', probability: 0.05},
  {kind: 'truncate', probability: 0.05},
  {kind: 'truncate', clean: true, probability: 0.03},
  {kind: 'malformed_json', probability: 0.05},
  {kind: 'empty_body', probability: 0.03},
  {kind: 'html', probability: 0.03},
  {kind: 'hang', probability: 0.005},
  {kind: 'slow', factor: 5, probability: 0.05},
];

function simulatorSettings({rows, seed, faults: rules}) {
  return {
    seed,
    keys: [key],
    ledger_entries: 10_000 + 100 * rows,
    latency: {ttft_ms: {median: 40, sigma: 0.5}},
    faults: rules,
    deployments: {
      policy: {answers: [{answer_key: {path: 'rows.jsonl', accuracy: 0.75}}]},
      judge: {
        answers: [
          {
            compare: {
              expected: '<answer_a>\\n([\\s\\S]*?)\\n</answer_a>',
              generated: '<answer_b>\\n([\\s\\S]*)\\n</answer_b>',
              equal: 'Both say the same. [[A=B]]',
              not_equal: 'They differ. [[A!=B]]',
            },
          },
        ],
      },
    },
  };
}

async function startSimulator(folder, settings) {
  const child = spawn(
    process.execPath,
    [program, 'simulate-azure', '--config', settings, '--port', '0', '--json'],
    {cwd: folder, stdio: ['ignore', 'pipe', 'ignore']},
  );
  for await (const line of createInterface(child.stdout))
    return {child, url: JSON.parse(line).servers[0].url};
  throw new Error('the simulator did not start');
}

function startProgram(folder, args) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: {PATH: process.env.PATH, CI: 'true'},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (stderr += piece));
  const ended = new Promise((resolve) => {
    child.once('close', (exitCode, signal) => resolve({exitCode, signal, stderr}));
  });
  /** Resolves when the collection itself begins, or has ended. */
  const begun = new Promise((resolve) => {
    child.stderr.on('data', () => stderr.includes(' to do') && resolve());
    void ended.then(resolve);
  });
  return {child, ended, begun};
}
