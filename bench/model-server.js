// What the model server adds to a request, and what share of a bare proxy's requests it carries; both sides in turns in one run.
// `node bench/model-server.js [ROUNDS [SECONDS]]`: rounds, seconds a measurement.
import {execFile, spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {promisify} from 'node:util';

const [rounds = 7, seconds = 3] = process.argv.slice(2).map(Number);
const [rate, concurrency] = [500, 64];
const here = import.meta.dirname;
const program = join(here, '../bin/rollcall.js');
const path = '/openai/deployments/gpt/chat/completions?api-version=2024-10-21';
const key = 'key-of-the-benchmark';
const question = 'There are several trains, each with its own speed, as the table shows. '.repeat(6);
const body = JSON.stringify({model: 'gpt', messages: [{role: 'user', content: question}]});

const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
const started = [];
try {
  const simulator = await start([
    program,
    'simulate-azure',
    '--config',
    await simulatorYaml(),
    '--port',
    '0',
    '--json',
  ]);
  const model = await start(
    [program, 'run', '--config', await modelYaml(simulator.url), '--json'],
    'policy_model',
  );
  const proxy = await start([join(here, 'bare-proxy.js'), simulator.url, path, key]);
  const direct = {url: simulator.url + path, headers: {'api-key': key}, body};
  const served = {url: `${model.url}/v1/chat/completions`, body};
  const proxied = {url: proxy.url, body};
  for (const target of [direct, served, proxied]) await load({...target, concurrency, seconds: 2});
  await measureAdded(direct, served);
  await measureShare({...proxied, pid: proxy.pid}, {...served, pid: model.pid});
} finally {
  for (const child of started) child.kill('SIGTERM');
  await rm(folder, {recursive: true, force: true});
}

async function measureAdded(direct, served) {
  const [p50, p99, own] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const [without, through] = await inTurns(round, [direct, served], {rate, seconds});
    p50.push(through.p50 - without.p50);
    p99.push(through.p99 - without.p99);
    own.push(without.p99);
  }
  console.log(
    `${rate} requests/s, open loop, ${rounds} rounds of ${seconds} s; added to a direct request (ms):`,
  );
  console.log(`  p50 ${show(p50)}\n  p99 ${show(p99)}\n  (p99 without: ${show(own)})`);
}

async function measureShare(proxied, served) {
  const [shares, rates, cpu] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const [bare, ours] = await inTurns(round, [proxied, served], {concurrency, seconds});
    shares.push(ours.count / bare.count);
    rates.push(ours.count / seconds);
    cpu.push(ours.cpuUs - bare.cpuUs);
  }
  console.log(`${concurrency} at once, closed loop, ${rounds} rounds of ${seconds} s:`);
  console.log(`  requests/s ÷ the bare proxy's ${show(shares)}`);
  console.log(`  requests/s ${show(rates)}\n  CPU a request above the bare proxy's (µs) ${show(cpu)}`);
}

/** Measures each target, the order turned from round to round, so that neither always comes first. */
async function inTurns(round, targets, how) {
  const results = new Map();
  for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
    const before = await cpuMs(target.pid);
    const result = await load({...target, ...how});
    if (result.errors > 0)
      throw new Error(`${result.errors} of ${result.count} requests to ${target.url} failed`);
    const cpuUs = (((await cpuMs(target.pid)) - before) * 1000) / result.count;
    results.set(target, {...result, cpuUs});
  }
  return targets.map((target) => results.get(target));
}

async function load(options) {
  const {stdout} = await promisify(execFile)(process.execPath, [
    join(here, 'http-load.js'),
    JSON.stringify(options),
  ]);
  return JSON.parse(stdout);
}

/** Starts a program that prints `{"servers":[{"name","url"}]}` when it is ready, and gives its process and the URL of the one named. */
async function start(args, name) {
  const child = spawn(process.execPath, args, {cwd: folder, stdio: ['ignore', 'pipe', 'ignore']});
  started.push(child);
  for await (const line of createInterface(child.stdout)) {
    const {servers} = JSON.parse(line);
    return {pid: child.pid, url: (servers.find((server) => server.name === name) ?? servers[0]).url};
  }
  throw new Error(`${args.join(' ')} did not start`);
}

/** CPU time of a process since its start, of the kernel's clock of 10 ms. */
async function cpuMs(pid) {
  if (pid === undefined) return 0;
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function show(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value) => value.toFixed(2);
  return `median ${round(sorted[Math.floor(sorted.length / 2)])} (${round(sorted[0])} to ${round(sorted.at(-1))})`;
}

function simulatorYaml() {
  const answers = [
    {text: 'The train needs two hours for the way, and so it arrives at ten past four. '.repeat(6)},
  ];
  return writeConfig('simulator.yaml', {
    allow_any_key: true,
    latency: {ttft_ms: 0},
    deployments: {gpt: {answers}},
  });
}

function modelYaml(url) {
  return writeConfig('model.yaml', {
    head_server: {host: '127.0.0.1', port: 0},
    policy_model: {
      responses_api_models: {
        azure_openai_model: {
          openai_base_url: url,
          openai_api_key: key,
          openai_model: 'gpt',
          default_query: {'api-version': '2024-10-21'},
          num_concurrent_requests: 256,
        },
      },
    },
  });
}

async function writeConfig(name, settings) {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify(settings));
  return file;
}
