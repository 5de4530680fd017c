import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {bareLoop, openai, rollcall} from '../collectors.js';
import {program, runUntil, startServer} from '../processes.js';
import {key, simulatorOf} from '../rollcall-config.js';
import {writeMixedRows} from '../rows.js';

const quotas = {'10K': 10_000, '100K': 100_000, '1M': 1_000_000};
const minuteMs = 60_000;

/** More rows than the quota admits, nothing configured, in real time: how much of it is used, and how often it is run into. */
export async function quota(stage) {
  const minutes = stage.quick ? 1 : 3;
  const runs = stage.present([rollcall, bareLoop, openai]).flatMap((collector, index) =>
    Object.entries(quotas).map(([name, tpm]) => ({
      collector,
      tpm,
      name,
      deployment: `gpt-${name.toLowerCase()}-${index}`,
    })),
  );
  const simulator = await startSimulator(stage.folder, runs);
  const end = new AbortController();
  try {
    stage.log(`${runs.length} runs side by side, ${minutes} min`);
    const input = await writeMixedRows(stage.folder, 4000 * minutes);
    const observed = observe(simulator.url, minutes).finally(() => end.abort());
    const ended = runs.map((run) => start(run, {stage, input, url: simulator.url, signal: end.signal}));
    const [[first, all]] = await Promise.all([observed, ...ended]);
    return describe(runs, {minutes, first, all});
  } finally {
    end.abort();
    simulator.stop();
  }
}

async function startSimulator(folder, runs) {
  const config = join(folder, 'quota.yaml');
  // Azure grants six requests a minute with each 1,000 tokens.
  const deployments = Object.fromEntries(
    runs.map(({deployment, tpm}) => [deployment, {tpm, rpm: (tpm * 6) / 1000}]),
  );
  await writeFile(config, JSON.stringify(simulatorOf({deployments, latencyMs: 300})));
  return startServer([program, 'simulate-azure', '--config', config, '--port', '0', '--json'], {folder});
}

/** Those that are told a number of calls at once get 64; ours is told nothing. */
async function start({collector, deployment}, {stage, input, url, signal}) {
  const output = join(stage.folder, `${deployment}.jsonl`);
  const told = collector === rollcall ? {} : {concurrency: 64, waits: true, retries: 1_000_000};
  const command = await collector.command({folder: stage.folder, url, deployment, input, output, ...told});
  await runUntil(signal, command, stage);
}

/** The ledger's totals by deployment after the first minute and after the last. */
async function observe(url, minutes) {
  const startMs = performance.now();
  const totals = async (minute) => {
    await new Promise((resolve) => setTimeout(resolve, startMs + minute * minuteMs - performance.now()));
    const reply = await fetch(`${url}/__sim/ledger/summary`, {headers: {'api-key': key}});
    return (await reply.json()).by_deployment;
  };
  const first = await totals(1);
  return [first, minutes === 1 ? first : await totals(minutes)];
}

function describe(runs, {minutes, first, all}) {
  const figures = runs.map(({collector, name, tpm, deployment}) => ({
    collector,
    name,
    used: all[deployment].cost / (tpm * minutes),
    refused: all[deployment].rejected / all[deployment].requests,
    refusedLater:
      (all[deployment].rejected - first[deployment].rejected) /
      (all[deployment].requests - first[deployment].requests),
    calls: all[deployment].requests,
  }));
  const ours = figures.filter(({collector}) => collector === rollcall);
  return {
    title: `Quota-bound: mixed lengths, nothing configured, ${minutes} min of real time`,
    notes: [
      'Used: tokens admitted ÷ (TPM × minutes), start-up counted. The naive loop and the openai client have 64 at once and wait as each 429 says.',
      'A shortened form. What holds over hours, with limits that change and deployments that die, is held by tests in virtual time.',
    ],
    tables: [
      {
        caption: 'the simulator’s sliding minute of tokens and 10 s of requests',
        columns: ['collector', 'TPM', 'calls', 'quota used', '429s', '429s after the first minute'],
        lines: figures.map(({collector, name, calls, used, refused, refusedLater}) => [
          collector === bareLoop ? 'naive loop (undici)' : collector.name,
          name,
          calls,
          percent(used),
          percent(refused),
          percent(refusedLater),
        ]),
      },
    ],
    goals: ours.flatMap(({name, used, refusedLater}) => [
      {what: `quota used at ${name} TPM, ${minutes} min`, value: used, atLeast: 0.95},
      {what: `429s after the first minute at ${name} TPM`, value: refusedLater, atMost: 0.01},
    ]),
  };
}

function percent(share) {
  return Number.isNaN(share) ? '–' : `${(share * 100).toFixed(1)} %`;
}
