import {concurrency} from './scene.js';

/** Lines that are collected before they are written; a kill may cost them. */
const batchLines = 64;
/** An answer that took longer may have come when the collector had just given it up. */
const certainlyInTimeMs = 400;

/**
 * Compares what the simulator answered with what the files hold. Each answer of the policy that came through whole is in a record, or
 * in a failed attempt of the judge's; what is not was in flight when the process was killed, or in the batch not yet written.
 */
export async function checkCalls(scene, runs) {
  const calls = await scene.calls();
  const answers = calls.filter(isUsable);
  const problems = [];
  const losses = runs.map((run) => {
    const {fromMs, toMs, wasKilled, completed, failed} = run;
    const answered = answers.filter(({arrived_at: at}) => at >= fromMs && at <= toMs);
    const kept = completed.length + failed.filter(({response}) => response !== undefined).length;
    if (kept > answered.length)
      problems.push(`a run recorded ${kept} answers of the ${answered.length} that there were`);
    const lost = answered.filter(({duration_ms: ms}) => ms < certainlyInTimeMs).length - kept;
    // A machine that stands still for seconds makes calls in flight pass their limits though they were answered.
    if (lost > concurrency + (wasKilled ? batchLines : 0))
      problems.push(`a run that was ${wasKilled ? '' : 'not '}killed lost ${lost} answers`);
    return Math.max(0, lost);
  });
  const lost = losses.reduce((sum, each) => sum + each, 0);
  return {
    problems,
    figures: {
      calls: `${calls.length}, ${calls.filter(({fault}) => fault !== null).length} of them with a fault`,
      'answers lost to kills': `${lost}, at most ${Math.max(...losses)} in a kill (${concurrency} rollouts in flight)`,
    },
  };
}

function isUsable({deployment, status, fault, ended}) {
  return (
    deployment === 'policy' && status === 200 && (fault === null || fault === 'slow') && ended === 'sent'
  );
}
