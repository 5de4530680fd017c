// `npm run bench`: rollcall and its peers on the same server with the same rows, each a process of its own measured from outside, in
// turns. Prints ratios.
import {parseArgs} from 'node:util';
import {everyone, whyMissing} from './collectors.js';
import {describeRun, renderMarkdown, renderSummary, renderText, writeResults} from './report.js';
import {inFlight} from './scenarios/in-flight.js';
import {judge} from './scenarios/judge.js';
import {quota} from './scenarios/quota.js';
import {startUp} from './scenarios/start-up.js';
import {withLatency, zeroLatency} from './scenarios/throughput.js';
import {onStage} from './stage.js';

const scenarios = {
  'start-up': startUp,
  'zero-latency': zeroLatency,
  latency: withLatency,
  judge,
  'in-flight': inFlight,
  quota,
};

const {quick, only, write, help} = parseArgs({
  options: {
    help: {type: 'boolean', default: false},
    quick: {type: 'boolean', default: false},
    only: {type: 'string'},
    write: {type: 'boolean', default: false},
  },
}).values;
if (help) {
  console.log(`npm run bench -- [options]
  --quick        few rows and rounds: 4 minutes instead of half an hour
  --only <names> of ${Object.keys(scenarios).join(', ')}; several with commas
  --write        put the results into docs/benchmarks.md`);
  process.exit();
}
const wanted = only?.split(',') ?? Object.keys(scenarios);
const unknown = wanted.filter((name) => !(name in scenarios));
if (unknown.length > 0)
  throw new Error(`no scenario ${unknown}; there are: ${Object.keys(scenarios).join(', ')}`);
if (process.platform !== 'linux')
  throw new Error('processes are measured through /proc: the benchmark needs Linux');

const run = await describeRun({
  quick,
  only: wanted.length < Object.keys(scenarios).length ? wanted : undefined,
});
const log = (line) => process.stderr.write(`${line}\n`);
for (const {name, why} of missing()) log(`${name}: skipped, ${why}`);
const results = await onStage({quick}, async (stage) => {
  const played = [];
  for (const name of wanted) {
    log(`${name}:`);
    const result = await scenarios[name](stage);
    played.push(result);
    process.stdout.write(renderText(result));
  }
  return played;
});
process.stdout.write(renderSummary({run, results}));
if (write) await writeResults(renderMarkdown({run, results}));

function missing() {
  return everyone
    .map(({name, ...rest}) => ({name, why: whyMissing(rest)}))
    .filter(({why}) => why !== undefined);
}
