import {aiSdk, bareLoop, collect, openai, rollcall, whyMissing} from '../collectors.js';
import {inTurns, median} from '../rounds.js';

const sizes = [1000, 4000];

/** Answers that take two seconds, 1,000 and 4,000 awaited at once: what each thousand of them costs in memory. */
export async function inFlight(stage) {
  const everyone = stage.quick ? [bareLoop, rollcall, openai] : [bareLoop, rollcall, openai, aiSdk];
  const runners = stage.present(everyone);
  const samples = new Map(runners.map((collector) => [collector, [[], [], []]]));
  await stage.withAnswers(2000, async (url) => {
    for (let round = 0; round < stage.rounds(2, 1); round++) {
      await inTurns(round, runners, async (collector) => {
        for (const [index, concurrency] of [1, ...sizes].entries()) {
          const rows = concurrency === 1 ? 1 : concurrency * (stage.quick ? 2 : 3);
          const sample = await collect(collector, {folder: stage.folder, url, rows, concurrency});
          samples.get(collector)[index].push(sample);
          const {peakMb, mostAtOnce} = sample;
          stage.log(
            `${collector.name}, ${concurrency} wanted at once: ${mostAtOnce}, ${peakMb.toFixed(0)} MB`,
          );
        }
      });
    }
  });
  const of = (collector, index, figure) =>
    median(samples.get(collector)[index].map((sample) => sample[figure]));
  const aThousand = (collector, index) =>
    ((of(collector, index, 'peakMb') - of(collector, 0, 'peakMb')) / of(collector, index, 'mostAtOnce')) *
    1000;
  return {
    title: '2 s an answer, 1,000 and 4,000 at once',
    notes: [
      'MB a thousand: peak memory above that of a run of one row, for each thousand that the server saw in flight.',
    ],
    tables: sizes.map((size, at) => ({
      caption: `${size} at once`,
      columns: ['collector', 'most in flight', 'rows/s', 'peak MB', 'MB a thousand', 'peak MB, one row'],
      lines: everyone.map((collector) => {
        if (!samples.has(collector)) return [`${collector.name}: ${whyMissing(collector)}`];
        return [
          collector.name,
          ...['mostAtOnce', 'rowsPerS', 'peakMb'].map((figure) => of(collector, at + 1, figure).toFixed(0)),
          aThousand(collector, at + 1).toFixed(0),
          of(collector, 0, 'peakMb').toFixed(0),
        ];
      }),
    })),
    goals: sizes.map((size, at) => ({
      what: `memory a thousand in flight ÷ openai + p-limit, ${size} at once`,
      value: samples.has(openai) ? aThousand(rollcall, at + 1) / aThousand(openai, at + 1) : Number.NaN,
      atMost: 0.5,
    })),
  };
}
