import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

const program = join(import.meta.dirname, '../bin/rollcall.js');
const reply = 'The train needs two hours for the way, and so it arrives at ten past four. '.repeat(6);

/** An empty folder, a simulator in a process of its own, and the collector to run against it. */
export async function openBench({latencyMs}) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  const simulator = await startSimulator(folder, latencyMs);
  return {
    folder,
    collect: (options) => collect({...options, folder, url: simulator.url}),
    async close() {
      simulator.child.kill('SIGTERM');
      await rm(folder, {recursive: true, force: true});
    },
  };
}

/** Writes `count` different questions of about 500 characters and returns the path. */
export async function writeRows(folder, count) {
  const filler =
    'There are several trains, each with its own speed and its own way, as the table shows. '.repeat(5);
  const row = (index) =>
    JSON.stringify({
      responses_create_params: {
        input: [{role: 'user', content: `Question ${index}. ${filler}When does it arrive?`}],
      },
      expected_answer: String(index),
    });
  const path = join(folder, `rows-${count}.jsonl`);
  await writeFile(path, Array.from({length: count}, (_, index) => `${row(index)}\n`).join(''));
  return path;
}

/** Runs a collection; resolves to its rollouts, its own wall time (start-up left out) and its peak memory. */
async function collect({folder, url, input, concurrency}) {
  const [output, summary] = [join(folder, 'out.jsonl'), join(folder, 'summary.json')];
  await writeFile(join(folder, 'model.yaml'), modelAt(url));
  const args = ['collect-rollouts', '--config', 'model.yaml', '-i', input, '-o', output, '--overwrite'];
  const child = spawn(
    process.execPath,
    [program, ...args, '--concurrency', concurrency, '--summary-json', summary],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const peak = watchPeakMemory(child.pid);
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}\n${stderr}`);
  const {wall_ms: wallMs} = JSON.parse(await readFile(summary, 'utf8'));
  const rollouts = (await readFile(output)).reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0);
  return {rollouts, wallMs, peakMb: peak()};
}

async function startSimulator(folder, latencyMs) {
  const config = join(folder, 'simulator.yaml');
  const settings = {
    allow_any_key: true,
    latency: {ttft_ms: latencyMs},
    deployments: {gpt: {answers: [{text: reply}]}},
  };
  await writeFile(config, JSON.stringify(settings));
  const child = spawn(
    process.execPath,
    [program, 'simulate-azure', '--config', config, '--port', '0', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface(child.stdout))
    return {child, url: JSON.parse(line).servers[0].url};
  throw new Error('the simulator did not start');
}

function modelAt(url) {
  return JSON.stringify({
    policy_model: {
      responses_api_models: {
        azure_openai_model: {
          openai_base_url: url,
          openai_api_key: 'key-of-the-benchmark',
          openai_model: 'gpt',
          default_query: {'api-version': '2024-10-21'},
        },
      },
    },
  });
}

/** Reads the kernel's high-water mark while the process lives; returns the way to ask for it, in megabytes. */
function watchPeakMemory(pid) {
  let peakKb = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 20);
  return () => {
    clearInterval(timer);
    return peakKb / 1024;
  };
}
