// `npm run chaos`: the collector as a process of its own against a simulator with faults, judged, killed with SIGKILL at random
// moments and started again until everything is done. Then everything that it left is checked. Exit status 1 if anything is wrong.
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {checkOutput} from './check-output.js';
import {readOptions} from './options.js';
import {createRandom} from './random.js';
import {setScene} from './scene.js';
import {survive} from './survive.js';
import {verify} from './verify.js';

const usage = `npm run chaos -- [options]
  --kills N   how often the collector is killed (200)
  --rows N    rollouts to collect (2000)
  --seed N    of the faults and of the moments of the kills (a new one each time)
  --keep      leave the folder behind`;

const {values} = parseArgs({
  options: {
    kills: {type: 'string', default: '200'},
    rows: {type: 'string', default: '2000'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000)},
    keep: {type: 'boolean', default: false},
    help: {type: 'boolean', default: false},
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}
const options = readOptions(values);
console.log(`seed ${options.seed}: ${options.rows} rollouts, ${options.kills} kills`);

const folder = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'));
const startedMs = performance.now();
const problems = [];
try {
  const scene = await setScene(folder, options);
  try {
    const story = await survive(scene, options, createRandom(options.seed));
    const {figures, problems: found} = await checkOutput(scene, options, story);
    problems.push(...story.problems, ...found, ...(await verify(scene)));
    for (const [name, value] of Object.entries(figures)) console.log(`  ${name}: ${value}`);
  } finally {
    scene.close();
  }
} finally {
  if (values.keep) console.log(`  left in ${folder}`);
  else await rm(folder, {recursive: true, force: true, maxRetries: 3});
}

for (const problem of problems.slice(0, 20)) console.log(`  wrong: ${problem}`);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
console.log(
  problems.length === 0
    ? `Nothing lost, nothing twice, nothing invented (seed ${options.seed}, ${seconds} s).`
    : `${problems.length} things are wrong (seed ${options.seed}, ${seconds} s).`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
