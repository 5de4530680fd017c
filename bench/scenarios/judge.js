import {collect, rollcall} from '../collectors.js';
import {inTurns, median} from '../rounds.js';

/** A judge with its own deployment and its own limit beside the policy's: what it takes from the rate. */
export async function judge(stage) {
  const [rows, latencyMs] = stage.quick ? [1280, 100] : [3840, 200];
  const concurrency = 64;
  const [ratios, addedCpu, plain, scored] = [[], [], [], []];
  await stage.withAnswers(latencyMs, async (url) => {
    for (let round = 0; round < stage.rounds(5); round++) {
      const job = {folder: stage.folder, url, rows, concurrency};
      const [without, judged] = await inTurns(round, [false, true], (each) =>
        collect(rollcall, {...job, judged: each}),
      );
      ratios.push(judged.rowsPerS / without.rowsPerS);
      addedCpu.push(judged.cpuMsPerRow - without.cpuMsPerRow);
      plain.push(without);
      scored.push(judged);
      stage.log(
        `${without.rowsPerS.toFixed(0)} rows a second without a judge, ${judged.rowsPerS.toFixed(0)} with one`,
      );
    }
  });
  const rate = (samples) => median(samples.map(({rowsPerS}) => rowsPerS)).toFixed(0);
  const atOnce = (samples) => Math.max(...samples.map(({mostAtOnce}) => mostAtOnce));
  return {
    title: `A judge on its own limit: ${latencyMs} ms an answer, ${concurrency} at once for the policy and ${concurrency} for the judge`,
    notes: ['A judged run cannot end before the last answer is judged: that is one latency of the whole.'],
    tables: [
      {
        caption: `${rows} rows`,
        columns: ['rollcall', 'rows/s', 'calls at once', 'CPU ms added a row'],
        lines: [
          ['without a judge', rate(plain), atOnce(plain)],
          ['judged', rate(scored), atOnce(scored), median(addedCpu).toFixed(2)],
        ],
      },
    ],
    goals: [
      {what: `rollouts a second judged ÷ not judged, ${rows} rows`, value: median(ratios), atLeast: 0.95},
    ],
  };
}
