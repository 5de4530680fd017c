import {bareLoop, collect, everyone, openai, promptfoo, rollcall, whyMissing} from '../collectors.js';
import {inTurns, median} from '../rounds.js';

/** Zero latency and 64 at once: what the collectors cost by themselves, as the work grows. */
export async function zeroLatency(stage) {
  const [small, medium, large] = stage.quick ? [1000, 5000, undefined] : [1000, 10_000, 50_000];
  const how = {latencyMs: 0, concurrency: 64};
  const first = await race(stage, {
    ...how,
    rows: small,
    rounds: stage.rounds(5),
    slowRows: stage.quick ? 100 : 1000,
  });
  const second = await race(stage, {
    ...how,
    rows: medium,
    rounds: stage.rounds(5),
    slowRows: stage.quick ? 300 : 10_000,
  });
  const third =
    large === undefined ? undefined : await race(stage, {...how, rows: large, rounds: 3, slowRows: 0});
  const last = third ?? second;
  return {
    title: 'Zero latency, 64 at once',
    tables: [first, second, third].filter((each) => each !== undefined).map(({table}) => table),
    goals: [
      second.goal('rollouts a second ÷ bare undici loop', bareLoop, 'rowsPerS', {atLeast: 0.7}),
      second.goal('CPU a rollout ÷ bare undici loop', bareLoop, 'cpuMsPerRow', {atMost: 1.8}),
      second.goal('rollouts a second ÷ openai + p-limit', openai, 'rowsPerS', {atLeast: 3.5}),
      second.goal('rollouts a second ÷ promptfoo', promptfoo, 'rowsPerS', {atLeast: 30}),
      third?.goal('rollouts a second ÷ openai + p-limit', openai, 'rowsPerS', {atLeast: 5}),
      {
        what: `peak memory, ${last.rows} rows ÷ ${first.rows} rows`,
        value: median(last.of(rollcall, 'peakMb')) / median(first.of(rollcall, 'peakMb')),
        atMost: 1.25,
      },
    ].filter((goal) => goal !== undefined),
  };
}

/** 200 ms an answer and 256 at once: how near to what the latency alone allows. */
export async function withLatency(stage) {
  const [rows, latencyMs, concurrency] = [stage.quick ? 2560 : 10_240, 200, 256];
  const slowRows = stage.quick ? 0 : rows;
  const result = await race(stage, {rows, latencyMs, concurrency, rounds: stage.rounds(3), slowRows});
  const idealRate = (concurrency / latencyMs) * 1000;
  return {
    title: '200 ms an answer, 256 at once',
    notes: [`Ideal: ${idealRate} rows a second, start-up not counted; the figures count it.`],
    tables: [result.table],
    goals: [
      result.goal('rollouts a second ÷ bare undici loop', bareLoop, 'rowsPerS', {atLeast: 0.97}),
      {
        what: `rollouts a second ÷ ideal, ${rows} rows`,
        value: median(result.of(rollcall, 'rowsPerS')) / idealRate,
        atLeast: 0.9,
      },
    ],
  };
}

/** All collectors over the same rows in `rounds` turns; the slow ones once, in the first, over `slowRows`, or not at all. */
async function race(stage, {rows, slowRows, rounds, latencyMs, concurrency}) {
  const samples = new Map(everyone.map((collector) => [collector, []]));
  await stage.withAnswers(latencyMs, async (url) => {
    for (let round = 0; round < rounds; round++) {
      const runners = stage.present(everyone).filter(({slow}) => !slow || (round === 0 && slowRows > 0));
      await inTurns(round, runners, async (collector) => {
        const job = {folder: stage.folder, url, concurrency, rows: collector.slow ? slowRows : rows};
        const sample = await collect(collector, job);
        samples.get(collector).push(sample);
        stage.log(`${collector.name}, ${job.rows} rows: ${sample.rowsPerS.toFixed(0)} a second`);
      });
    }
  });
  const of = (collector, figure) => samples.get(collector).map((sample) => sample[figure]);
  const against = (peer, figure) =>
    median(of(peer, figure).map((theirs, round) => of(rollcall, figure)[round] / theirs));
  return {
    rows,
    of,
    goal: (what, peer, figure, aim) => ({
      what: `${what}, ${rows} rows${peer.slow && slowRows !== rows ? ` against ${slowRows}` : ''}`,
      value: against(peer, figure),
      ...aim,
    }),
    table: {
      caption: `${rows} rows`,
      columns: ['collector', 'rows', 'runs', 'rows/s', 'rollcall is … × as fast', 'CPU ms a row', 'peak MB'],
      lines: everyone.map((collector) => {
        const runs = samples.get(collector);
        if (runs.length === 0) return [`${collector.name}: ${whyMissing(collector) ?? 'not run here'}`];
        return [
          collector.name,
          runs[0].rows,
          runs.length,
          median(of(collector, 'rowsPerS')).toFixed(0),
          collector === rollcall ? '' : against(collector, 'rowsPerS').toFixed(2),
          median(of(collector, 'cpuMsPerRow')).toFixed(2),
          median(of(collector, 'peakMb')).toFixed(0),
        ];
      }),
    },
  };
}
