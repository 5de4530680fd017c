import type {z} from 'zod';
import type {Problem} from '../../core/errors.ts';

const knownKeys = (
  'seed keys bearer_tokens allow_any_key api_versions region clock created ledger_entries control_token deployments ' +
  'allow_undefined_deployments default_deployment latency content_filter answers faults model rpm tpm default_max_tokens ptu units input_tpm_per_unit output_weight window_s spillover ' +
  'ttft_ms per_token_ms median sigma block_prompt block_completion mode error_shape match category severity rule ' +
  'answer_key compare echo text role reply json tool_calls refusal finish_reason name arguments path accuracy right ' +
  'wrong expected generated equal not_equal kind deployment probability nth every first count code body headers ' +
  'retry_after_ms after_ms at clean factor'
).split(' ');

type Issue = z.core.$ZodIssue;

/** What zod found, in our words: one problem a finding, with the path of the key. */
export function problemsFromIssues(issues: readonly Issue[], file: string | undefined): readonly Problem[] {
  return issues.flatMap((issue) => toProblems(issue, []).map((problem) => ({...problem, file})));
}

function toProblems(issue: Issue, above: readonly PropertyKey[]): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], key));
  if (issue.code === 'invalid_union')
    return closestBranch(issue.errors).flatMap((inner) => toProblems(inner, path));
  return [{message: issue.message, path: dotted(path)}];
}

function unknownKey(path: readonly PropertyKey[], key: string): Problem {
  const near = knownKeys.find(
    (known) => editDistance(known, key.toLowerCase().replaceAll('-', '_')) <= Math.min(2, key.length / 2),
  );
  return {
    message: `unknown key '${key}'`,
    path: dotted(path),
    hint: near === undefined ? undefined : `Did you mean '${near}'?`,
  };
}

/** The branch of a union that got furthest into the value is the one that was meant. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (branch: readonly Issue[]): number =>
    Math.max(0, ...branch.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
  return branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best), branches[0] ?? []);
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({length: right.length + 1}, (_, index) => index);
  for (const [row, letter] of left.split('').entries()) {
    const current = [row + 1];
    for (const [column, other] of right.split('').entries()) {
      const substituted = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(substituted, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
