// How close a collection comes to the time that its latency alone dictates: 1,000 rows, 64 at once, 100 ms each; start-up left out.
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {collect, rollcall} from './collectors.js';
import {show} from './rounds.js';
import {onStage} from './stage.js';

const [rows, concurrency, latencyMs, rounds] = [1000, 64, 100, 7];
const idealMs = (rows * latencyMs) / concurrency;

await onStage({}, ({folder, withAnswers}) =>
  withAnswers(latencyMs, async (url) => {
    const summary = join(folder, 'summary.json');
    const ratios = [];
    for (let round = 0; round < rounds; round++) {
      await collect(rollcall, {folder, url, rows, concurrency, summary});
      ratios.push(JSON.parse(await readFile(summary, 'utf8')).wall_ms / idealMs);
    }
    console.log(`time ÷ ideal (${idealMs} ms), ${rounds} runs: ${show(ratios)}`);
  }),
);
