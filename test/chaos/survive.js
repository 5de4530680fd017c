import {readAppended} from './read-appended.js';

// The same command goes on after these: failed rollouts that are owed again, an endpoint that was out of order for a moment.
const resumable = new Set([0, 3, 75]);
/** So many runs in a row may end by themselves and bring nothing; then the output stands still. */
const patience = 20;
const longestRunMs = 10 * 60_000;
const lookEveryMs = 20;

/**
 * Runs the command until it says that everything is done, killing it `kills` times at moments that the seed gives: a fifth while
 * it starts, the others while it works, spread over what is left to do. Returns how each run went and what went wrong on the way.
 */
export async function survive(scene, {rows, kills}, random) {
  const problems = [];
  const runs = [];
  const pace = {perMs: 0.1};
  const files = {
    output: readAppended(scene.file('out.jsonl')),
    failures: readAppended(scene.file('out_failures.jsonl')),
  };
  let killed = 0;
  let done = 0;
  for (let idle = 0; idle < patience; ) {
    const shots = {left: kills - killed, owed: rows - done, perMs: pace.perMs, output: files.output};
    const {exitCode, wasKilled, stderr, ...times} = await runOnce(scene, shots, random);
    const [completed, failed] = [await files.output.next(problems), await files.failures.next(problems)];
    const run = {...times, completed, failed, wasKilled};
    runs.push(run);
    if (wasKilled) killed += 1;
    done += completed.length;
    learnPace(pace, run);
    if (!wasKilled && !resumable.has(exitCode)) {
      problems.push(`a run ended with exit code ${exitCode}: ${stderr.slice(-2000)}`);
      return {runs, problems};
    }
    if (exitCode === 0) break;
    idle = wasKilled || completed.length > 0 ? 0 : idle + 1;
    if (idle === patience) problems.push(`${patience} runs brought nothing more: ${stderr.slice(-2000)}`);
  }
  if (killed < kills) problems.push(`done after ${killed} of ${kills} kills: more rows would do`);
  return {runs, problems};
}

async function runOnce(scene, shots, random) {
  const fromMs = Date.now();
  const run = scene.collect('out', {isRough: true});
  let begunMs;
  void run.begun.then(() => (begunMs = Date.now()));
  const guard = setTimeout(() => run.child.kill('SIGKILL'), longestRunMs);
  const stopAiming = shots.left > 0 ? aim(run, shots, random) : () => undefined;
  const {exitCode, signal, stderr} = await run.ended;
  clearTimeout(guard);
  stopAiming();
  return {
    exitCode,
    stderr,
    wasKilled: signal === 'SIGKILL',
    fromMs,
    begunMs: begunMs ?? Date.now(),
    toMs: Date.now(),
  };
}

/**
 * Sends SIGKILL at a random moment, and before the run has done more than its share: what is left to do must last for the kills that
 * are left. Returns the way to call it off.
 */
function aim({child, begun}, {left, owed, perMs, output}, random) {
  const [when, moment] = [random(), random()];
  const share = owed / (left + 1);
  const timers = [];
  let isOff = false;
  const shootAfter = (ms) => {
    if (!isOff) timers.push(setTimeout(() => child.kill('SIGKILL'), ms));
  };
  const watch = setInterval(async () => {
    if ((await output.linesNow()) >= share && !isOff) child.kill('SIGKILL');
  }, lookEveryMs);
  if (when < 0.2) shootAfter(moment * 500);
  else void begun.then(() => shootAfter((moment * 1.5 * share) / perMs));
  return () => {
    isOff = true;
    clearInterval(watch);
    for (const timer of timers) clearTimeout(timer);
  };
}

function learnPace(pace, {begunMs, toMs, completed}) {
  if (completed.length === 0) return;
  pace.perMs = 0.8 * pace.perMs + 0.2 * (completed.length / Math.max(20, toMs - begunMs));
}
