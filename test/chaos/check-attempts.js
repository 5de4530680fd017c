import {identityOf} from './check-output.js';

const classes = new Set(['judge_failed', 'agent_request_failed', 'agent_run_error']);

/** The failures file tells each failed attempt once, in order, with its class, and no reward; records count those before them. */
export function checkAttempts(records, failures) {
  const failed = new Map();
  const problems = [];
  for (const failure of failures) {
    const id = identityOf(failure);
    const before = failed.get(id) ?? 0;
    failed.set(id, before + 1);
    for (const wrong of wrongsOf(failure, before))
      problems.push(`failed attempt ${before + 1} of ${id} ${wrong}`);
  }
  for (const record of records) {
    const id = identityOf(record);
    const before = failed.get(id) ?? 0;
    if (record._rollcall.attempt !== before + 1 || (record._ng_attempt_index ?? 0) !== before)
      problems.push(`${id} is attempt ${record._rollcall.attempt}, after ${before} that failed`);
  }
  return problems;
}

function* wrongsOf(failure, before) {
  if ((failure._ng_attempt_index ?? 0) !== before)
    yield `says that ${failure._ng_attempt_index} were before it`;
  if (!classes.has(failure._ng_failure_class)) yield `has the class ${failure._ng_failure_class}`;
  if (failure._ng_failure_terminal !== false) yield 'is said to be the last, and is not';
  if (typeof failure._ng_failure?.code !== 'string' || typeof failure._ng_failure.message !== 'string')
    yield 'does not say why';
  if ('reward' in failure) yield 'has a reward';
  if ((failure._ng_failure_class === 'judge_failed') !== 'response' in failure)
    yield `is ${failure._ng_failure_class}, ${'response' in failure ? 'with' : 'without'} an answer`;
}
