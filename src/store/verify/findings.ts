/** What is wrong with an output, by kind. */
export type FindingKind =
  | 'owed'
  | 'given_up'
  | 'torn'
  | 'unsealed'
  | 'changed'
  | 'lost'
  | 'chain_damaged'
  | 'chain_missing'
  | 'other_head'
  | 'no_record'
  | 'unidentified'
  | 'duplicate'
  | 'foreign'
  | 'other_row'
  | 'failed_record'
  | 'materialized_missing'
  | 'materialized_changed'
  | 'failure_unknown'
  | 'other_input'
  | 'merged_damaged'
  | 'shards_missing';

/** One thing that is wrong, however often. */
export interface Finding {
  readonly kind: FindingKind;
  /** `incomplete`: the same command mends it; `damaged`: somebody has to look. */
  readonly grade: 'incomplete' | 'damaged';
  readonly file: string;
  readonly count: number;
  /** A sentence for people. */
  readonly message: string;
  /** Where: lines, ranges of lines, or identities; the first of them. */
  readonly examples: readonly string[];
}

interface FindingForm {
  readonly grade: Finding['grade'];
  readonly say: (count: number) => string;
}

const mostExamples = 20;

/** Collects what is wrong: each kind in each file once, with how often and where. */
export class FindingList {
  readonly #findings = new Map<
    string,
    {kind: FindingKind; file: string; count: number; examples: string[]}
  >();

  /** `count`: how many things lie there. */
  add(kind: FindingKind, file: string, where?: string, count = 1): void {
    const key = `${kind} ${file}`;
    const finding = this.#findings.get(key) ?? {kind, file, count: 0, examples: []};
    finding.count += count;
    if (where !== undefined && finding.examples.length < mostExamples) finding.examples.push(where);
    this.#findings.set(key, finding);
  }

  /** Damage first. */
  list(): readonly Finding[] {
    const findings = [...this.#findings.values()].map((each): Finding => {
      const {grade, say} = forms[each.kind];
      return {...each, grade, message: say(each.count)};
    });
    return findings.sort((a, b) => Number(a.grade === 'incomplete') - Number(b.grade === 'incomplete'));
  }
}

/** A finding in one sentence, without its full stop. */
export function describeFinding({file, message, examples, count}: Finding): string {
  const more = count > examples.length && examples.length > 1 ? ', …' : '';
  return `${file}: ${message}${examples.length === 0 ? '' : ` (${examples.join(', ')}${more})`}`;
}

const damaged = (say: FindingForm['say']): FindingForm => ({grade: 'damaged', say});
const incomplete = (say: FindingForm['say']): FindingForm => ({grade: 'incomplete', say});

function counted(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

const forms: Readonly<Record<FindingKind, FindingForm>> = {
  owed: incomplete((n) => `${counted(n, 'rollout')} without a record: owed`),
  given_up: incomplete((n) => `${counted(n, 'rollout')} without a record: given up after failed attempts`),
  torn: incomplete(
    (n) => `${counted(n, 'torn line')} at the end: the same command cuts them off and goes on`,
  ),
  unsealed: incomplete(
    (n) =>
      `${counted(n, 'line')} at the end that no checkpoint vouches for, since their run was killed: the same command goes on from them`,
  ),
  changed: damaged((n) => `${counted(n, 'block')} of lines changed since they were written`),
  lost: damaged(
    (n) =>
      `${counted(n, 'line')} that had been written are gone: after a loss of power the same command does them again; without one somebody cut the file`,
  ),
  chain_damaged: damaged((n) => `${counted(n, 'line')} that hold no checkpoint`),
  chain_missing: damaged(() => 'the checkpoints are gone: whether lines were changed cannot be told'),
  other_head: damaged(
    (n) => `${counted(n, 'run')} ended with another content up to there than the checkpoints tell of`,
  ),
  no_record: damaged((n) => `${counted(n, 'line')} that hold no record`),
  unidentified: damaged((n) => `${counted(n, 'record')} without the two indices`),
  duplicate: damaged((n) => `${counted(n, 'record')} of an identity that has one before`),
  foreign: damaged((n) => `${counted(n, 'record')} of an identity that is not wanted`),
  other_row: damaged((n) => `${counted(n, 'record')} that hold another row than their identity has`),
  failed_record: damaged((n) => `${counted(n, 'record')} of attempts that failed`),
  materialized_missing: damaged(() => 'the materialised rows are gone: what is wanted cannot be told'),
  materialized_changed: damaged(() => 'the materialised rows were changed since they were written'),
  failure_unknown: damaged((n) => `${counted(n, 'failure')} of an identity that is not wanted`),
  other_input: damaged(() => 'the output was made from another input'),
  shards_missing: incomplete((n) => `${counted(n, 'shard')} that this output was put together without`),
  merged_damaged: damaged((n) => `${counted(n, 'fault')} in the outputs that this one was put together from`),
};
