// What the model server adds to a request, and what share of a bare proxy's requests it carries; both sides in turns in one run.
// `node bench/model-server.js [ROUNDS [SECONDS]]`: rounds, seconds a measurement.
import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {cpuMs, program, startServer} from './processes.js';
import {key, modelAt, simulatorOf} from './rollcall-config.js';
import {inTurns, show} from './rounds.js';
import {onStage} from './stage.js';

const [rounds = 7, seconds = 3] = process.argv.slice(2).map(Number);
const [rate, concurrency] = [500, 64];
const here = import.meta.dirname;
const path = '/openai/deployments/gpt/chat/completions?api-version=2024-10-21';
const question = 'There are several trains, each with its own speed, as the table shows. '.repeat(6);
const body = JSON.stringify({model: 'gpt', messages: [{role: 'user', content: question}]});

await onStage({}, async ({folder}) => {
  const started = [];
  const start = async (args, name) => {
    const server = await startServer(args, {folder, name});
    started.push(server);
    return server;
  };
  const settings = simulatorOf({deployments: {gpt: {}}, latencyMs: 0});
  const config = ['--config', await writeConfig(folder, 'simulator.yaml', settings)];
  try {
    const simulator = await start([program, 'simulate-azure', ...config, '--port', '0', '--json']);
    const instances = {
      head_server: {host: '127.0.0.1', port: 0},
      policy_model: modelAt(simulator.url, 'gpt', 256),
    };
    const served = ['run', '--config', await writeConfig(folder, 'model.yaml', instances), '--json'];
    const model = await start([program, ...served], 'policy_model');
    const proxy = await start([join(here, 'bare-proxy.js'), simulator.url, path, key]);
    await measureAll({simulator, model, proxy});
  } finally {
    for (const server of started) server.stop();
  }
});

async function measureAll({simulator, model, proxy}) {
  const direct = {url: simulator.url + path, headers: {'api-key': key}, body};
  const served = {url: `${model.url}/v1/chat/completions`, body, pid: model.pid};
  const proxied = {url: proxy.url, body, pid: proxy.pid};
  for (const target of [direct, served, proxied]) await load(target, {concurrency, seconds: 2});
  await measureAdded(direct, served);
  await measureShare(proxied, served);
}

async function measureAdded(direct, served) {
  const [p50, p99, own] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const [without, through] = await inTurns(round, [direct, served], (target) =>
      load(target, {rate, seconds}),
    );
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
    const [bare, ours] = await inTurns(round, [proxied, served], (target) =>
      load(target, {concurrency, seconds}),
    );
    shares.push(ours.count / bare.count);
    rates.push(ours.count / seconds);
    cpu.push(ours.cpuUs - bare.cpuUs);
  }
  console.log(`${concurrency} at once, closed loop, ${rounds} rounds of ${seconds} s:`);
  console.log(`  requests/s ÷ the bare proxy's ${show(shares)}`);
  console.log(`  requests/s ${show(rates)}\n  CPU a request above the bare proxy's (µs) ${show(cpu)}`);
}

/** Sends requests to a target from a process of its own; with the CPU time that each cost the target's process, if that is known. */
async function load({pid, ...target}, how) {
  const before = pid === undefined ? 0 : await cpuMs(pid);
  const request = JSON.stringify({...target, ...how});
  const {stdout} = await promisify(execFile)(process.execPath, [join(here, 'http-load.js'), request]);
  const result = JSON.parse(stdout);
  if (result.errors > 0) {
    throw new Error(`${result.errors} of ${result.count} requests to ${target.url} failed`);
  }
  const spent = pid === undefined ? 0 : (await cpuMs(pid)) - before;
  return {...result, cpuUs: (spent * 1000) / result.count};
}

async function writeConfig(folder, name, settings) {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify(settings));
  return file;
}
