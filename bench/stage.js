import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {whyMissing} from './collectors.js';
import {startServer} from './processes.js';

/**
 * Gives `play` what a measurement works with: an empty folder, a server of answers, a line to the terminal, the number of
 * rounds (the second where the run is quick), and who of the collectors is there. Everything is cleared away afterwards.
 */
export async function onStage({quick = false}, play) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  try {
    return await play({
      folder,
      quick,
      log: (line) => process.stderr.write(`  ${line}\n`),
      rounds: (full, short = 2) => (quick ? short : full),
      present: (collectors) => collectors.filter((collector) => whyMissing(collector) === undefined),
      withAnswers: (latencyMs, work) => withAnswers(folder, latencyMs, work),
    });
  } finally {
    await rm(folder, {recursive: true, force: true, maxRetries: 3});
  }
}

async function withAnswers(folder, latencyMs, work) {
  const server = await startServer([join(import.meta.dirname, 'answer-server.js'), String(latencyMs)], {
    folder,
  });
  try {
    return await work(server.url);
  } finally {
    server.stop();
  }
}
