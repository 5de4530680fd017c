// How close a collection comes to the time that its latency alone dictates: 1,000 rows, 64 at once, 100 ms each.
import {openBench, writeRows} from './collector.js';

const [rows, concurrency, latencyMs, rounds] = [1000, 64, 100, 7];
const idealMs = (rows * latencyMs) / concurrency;

const bench = await openBench({latencyMs});
try {
  const input = await writeRows(bench.folder, rows);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const {rollouts, wallMs} = await bench.collect({input, concurrency});
    if (rollouts !== rows) throw new Error(`${rollouts} rollouts of ${rows}`);
    ratios.push(wallMs / idealMs);
  }
  ratios.sort((a, b) => a - b);
  const show = (ratio) => ratio.toFixed(3);
  console.log(
    `time ÷ ideal (${idealMs} ms), ${rounds} runs: median ${show(ratios[Math.floor(rounds / 2)])}, ${ratios.map(show).join(' ')}`,
  );
} finally {
  await bench.close();
}
