import {existsSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {measure, program} from './processes.js';
import {judgedBy, key, modelAt} from './rollcall-config.js';
import {countLines, writeRows, writeTests} from './rows.js';

const here = import.meta.dirname;
const installed = join(here, 'peers/node_modules');
// The peers' current versions want Node 22 or later; this one is faster for them than that as well.
const peersNode = join(installed, '.bin/node');

/**
 * Who is measured: each has a name, the packages that its version is read from, and a command for a job of
 * `{folder, url, deployment, input, output, rows, concurrency}`. A `peer` is installed under bench/peers alone; one that is
 * `slow` runs once.
 */
export const rollcall = {
  name: 'rollcall',
  packages: [],
  command: rollcallCommand,
};
export const bareLoop = {
  name: 'bare undici loop',
  packages: ['undici'],
  command: (job) => ({command: process.execPath, args: [join(here, 'bare-loop.js'), JSON.stringify(job)]}),
};
export const openai = {
  name: 'openai + p-limit',
  peer: true,
  packages: ['openai', 'p-limit'],
  command: (job) => onPeersNode(join(here, 'peers/openai.js'), JSON.stringify(job)),
};
export const aiSdk = {
  name: '@ai-sdk/azure + p-limit',
  peer: true,
  packages: ['@ai-sdk/azure', 'ai', 'p-limit'],
  command: (job) => onPeersNode(join(here, 'peers/ai-sdk.js'), JSON.stringify(job)),
};
export const promptfoo = {
  name: 'promptfoo',
  peer: true,
  packages: ['promptfoo'],
  slow: true,
  command: promptfooCommand,
};
export const everyone = [bareLoop, rollcall, openai, aiSdk, promptfoo];

/** Why a collector cannot be measured on this machine, or undefined. */
export function whyMissing({peer, packages}) {
  const needed = peer ? ['node', ...packages] : [];
  const missing = needed.filter((name) => !existsSync(join(installed, name, 'package.json')));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')} (cd bench/peers && npm i)`;
}

/** Names and versions of what a collector is made of, the Node it runs on included. */
export async function describeVersions({peer, name, packages}) {
  const modules = peer ? installed : join(here, '../node_modules');
  const own = name === rollcall.name ? [await versionIn(join(here, '..'), name)] : [];
  const parts = await Promise.all(packages.map((part) => versionIn(join(modules, part), part)));
  const node = peer ? await versionIn(join(installed, 'node'), 'Node') : `Node ${process.versions.node}`;
  return [...own, ...parts, node].join(', ');
}

/**
 * Has a collector do `rows` rows, `concurrency` at once, against a server, and measures it. A row that is lost or doubled, or
 * asked for more than once, is an error: a figure of work that was not done would be worth nothing.
 */
export async function collect(collector, {folder, url, rows, concurrency, judged = false, summary}) {
  const output = join(folder, 'out.jsonl');
  await rm(output, {force: true});
  const input = await writeRows(folder, rows);
  const job = {folder, url, deployment: 'gpt', input, output, rows, concurrency, judged, summary};
  await readTotals(url);
  const measured = await measure(await collector.command(job), {folder});
  const {requests, mostAtOnce} = await readTotals(url);
  const collected = await countLines(output);
  const wanted = judged ? rows * 2 : rows;
  if (collected !== rows || requests !== wanted) {
    throw new Error(`${collector.name}: ${collected} of ${rows} rows, ${requests} of ${wanted} requests`);
  }
  return {
    ...measured,
    rows,
    mostAtOnce,
    rowsPerS: (rows / measured.wallMs) * 1000,
    cpuMsPerRow: measured.cpuMs / rows,
  };
}

async function readTotals(url) {
  return (await fetch(`${url}/totals`)).json();
}

async function rollcallCommand({folder, url, deployment, input, output, concurrency, judged, summary}) {
  const config = join(folder, `${deployment}.yaml`);
  const judge = judged ? judgedBy(modelAt(url, 'judge', concurrency)) : {};
  await writeFile(config, JSON.stringify({policy_model: modelAt(url, deployment, concurrency), ...judge}));
  const flags = [
    ...(judged ? ['--agent', 'judged_agent'] : ['--no-judge']),
    ...(concurrency === undefined || judged ? [] : ['--concurrency', concurrency]),
    ...(summary === undefined ? [] : ['--summary-json', summary]),
  ];
  const args = ['collect-rollouts', '--config', config, '-i', input, '-o', output, '--overwrite', ...flags];
  return {command: process.execPath, args: [program, ...args.map(String)]};
}

/** Without its cache, its database and its table, which would only slow it down. */
async function promptfooCommand({folder, url, deployment, output, rows, concurrency}) {
  const config = join(folder, 'promptfoo.json');
  const provider = {
    id: `azure:chat:${deployment}`,
    config: {apiBaseUrl: url, apiKey: key, apiVersion: '2024-10-21'},
  };
  const tests = `file://${await writeTests(folder, rows)}`;
  await writeFile(config, JSON.stringify({prompts: ['{{question}}'], providers: [provider], tests}));
  const quiet = ['--no-cache', '--no-write', '--no-table', '--no-progress-bar', '--no-share'];
  const args = ['eval', '-c', config, '-o', output, '-j', String(concurrency), ...quiet];
  return onPeersNode(join(installed, 'promptfoo/dist/src/entrypoint.js'), ...args);
}

function onPeersNode(...args) {
  return {command: peersNode, args};
}

async function versionIn(folder, name) {
  return `${name} ${JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version}`;
}
