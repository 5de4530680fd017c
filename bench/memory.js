// How peak memory grows with the rows of a run: 10,000 against 100,000 (or what is given) at zero latency, 64 at once.
import {collect, rollcall} from './collectors.js';
import {onStage} from './stage.js';

const sizes = process.argv.slice(2).map(Number);

await onStage({}, ({folder, withAnswers}) =>
  withAnswers(0, async (url) => {
    let first;
    for (const rows of sizes.length > 0 ? sizes : [10_000, 100_000]) {
      const {peakMb, rowsPerS} = await collect(rollcall, {folder, url, rows, concurrency: 64});
      first ??= peakMb;
      console.log(
        `${rows} rows: peak ${peakMb.toFixed(0)} MB (${(peakMb - first).toFixed(0)} MB above the first), ${rowsPerS.toFixed(0)} rollouts a second`,
      );
    }
  }),
);
