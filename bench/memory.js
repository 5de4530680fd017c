// How peak memory grows with the rows of a run: 10,000 against 100,000 (or what is given) at zero latency, 64 at once.
import {openBench, writeRows} from './collector.js';

const sizes = process.argv.slice(2).map(Number);
const rows = sizes.length > 0 ? sizes : [10_000, 100_000];

const bench = await openBench({latencyMs: 0});
try {
  let first;
  for (const count of rows) {
    const {rollouts, wallMs, peakMb} = await bench.collect({
      input: await writeRows(bench.folder, count),
      concurrency: 64,
    });
    if (rollouts !== count) throw new Error(`${rollouts} rollouts of ${count}`);
    first ??= peakMb;
    const rate = Math.round((count / wallMs) * 1000);
    console.log(
      `${count} rows: peak ${peakMb.toFixed(0)} MB (${(peakMb - first).toFixed(0)} MB above the first), ${rate} rollouts a second`,
    );
  }
} finally {
  await bench.close();
}
