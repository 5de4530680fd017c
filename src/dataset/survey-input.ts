import {createHash, type Hash} from 'node:crypto';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {addWork, noWork, type Workload} from '../core/prompt-size.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {AgentCensus} from './agent-census.ts';
import {agentOf, checkRow} from './check-row.ts';
import {ownsTask} from './deal-tasks.ts';
import {checkMaterializeOptions, type MaterializeOptions} from './materialize-options.ts';
import {ProblemList} from './problem-list.ts';
import {type InputRow, parseRow, readRows} from './read-rows.ts';
import type {RowDrafts} from './row-drafts.ts';
import {RowNotices} from './row-notices.ts';
import {rowSize} from './row-size.ts';
import {rowTemplate} from './row-template.ts';
import type {Extent, Survey} from './survey.ts';
import {TaskNumbering} from './task-numbers.ts';

/**
 * Reads the input once, checks every row, another shard's too, and numbers the tasks. Fails with `ERR_DATASET`, naming every problem with
 * its line, or with `ERR_USAGE` on options that make no sense. Keeps some 40 bytes a row while it runs. Good rows of
 * the own tasks are added to `drafts`.
 */
export async function surveyInput(
  source: InputSource,
  options: MaterializeOptions,
  drafts?: RowDrafts,
): Promise<Survey> {
  checkMaterializeOptions(options);
  const surveyor = new Surveyor(source.path, options, drafts);
  try {
    for await (const rows of readRows(source, options.limit ?? 0)) for (const row of rows) surveyor.add(row);
  } catch (error) {
    if (!(error instanceof RollcallError) || error.fault !== 'dataset') throw error;
    if (error.problems.length === 0) throw error;
    for (const problem of error.problems) surveyor.report(problem);
  }
  return surveyor.finish();
}

class Surveyor {
  readonly #options: MaterializeOptions;
  readonly #drafts: RowDrafts | undefined;
  readonly #problems: ProblemList;
  readonly #agents: AgentCensus;
  readonly #notices: RowNotices;
  readonly #numbering = new TaskNumbering();
  readonly #digest: Hash = createHash('sha256');
  #rows = 0;
  #own = {rows: 0, tasks: 0};
  #tasks = 0;
  readonly #work = new Map<string, Workload>();

  constructor(file: string, options: MaterializeOptions, drafts: RowDrafts | undefined) {
    this.#options = options;
    this.#drafts = drafts;
    this.#problems = new ProblemList(file);
    this.#agents = new AgentCensus(options);
    this.#notices = new RowNotices(options);
  }

  add(input: InputRow): void {
    this.#rows += 1;
    const hint = 'Take the line out: every line between rows is a row.';
    for (const line of input.blankLines) this.report({line, message: 'is blank', hint});
    this.#digest.update(input.bytes).update('\n');
    const parsed = parseRow(input);
    if ('problem' in parsed) this.report({...parsed.problem, line: input.line});
    else this.#addParsed(input, parsed);
  }

  report(problem: Problem): void {
    this.#problems.add(problem);
  }

  finish(): Survey {
    if (this.#rows === 0) this.report({message: 'has no rows'});
    for (const problem of this.#agents.problems()) this.report(problem);
    this.#problems.throwIfAny();
    const agents = this.#agents.rollouts();
    const taskNumbers = this.#numbering.finish();
    const rollouts = sumOf(agents.values());
    const whole: Extent = {rows: this.#rows, tasks: taskNumbers.tasks, rollouts};
    return {
      ...this.#own,
      rollouts: sumOf([...this.#work.values()].map((each) => each.rollouts)),
      whole,
      agents,
      inputDigest: this.#digest.digest('hex'),
      work: this.#work,
      notices: [...this.#notices.list(), ...this.#agents.notices()],
      taskNumbers,
    };
  }

  #addParsed({bytes, line}: InputRow, {row, text}: {row: JsonObject; text: string}): void {
    const problems = checkRow(row, this.#options);
    for (const problem of problems) this.report({...problem, line});
    this.#notices.add(row);
    const agentName = agentOf(row, this.#options);
    const repeats = agentName === undefined ? 0 : this.#agents.add(agentName, line);
    if (problems.length > 0 || agentName === undefined) return;
    if (!this.#isOwn(bytes, (row['_ng_task_index'] ?? undefined) as number | undefined)) {
      this.#drafts?.pass();
      return;
    }
    const work = this.#work.get(agentName) ?? noWork;
    this.#work.set(agentName, addWork(work, rowSize(row, this.#options), repeats));
    this.#drafts?.add(text.length, () => rowTemplate(text, row, this.#options));
  }

  /** Numbers a row, and counts it if its task is this share's. */
  #isOwn(bytes: Buffer, stamp: number | undefined): boolean {
    const slot = this.#numbering.add(bytes, stamp);
    const isNew = slot === this.#tasks;
    if (isNew) this.#tasks++;
    if (!ownsTask(this.#options.shard, slot)) return false;
    this.#own.rows++;
    if (isNew) this.#own.tasks++;
    return true;
  }
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
