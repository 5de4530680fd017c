import type {PageRows} from './page-data.ts';

/** What a row must be like; undefined asks nothing. */
export interface RowFilter {
  readonly task?: number | undefined;
  /** Places in the lists of names. */
  readonly outcome?: number | undefined;
  readonly verdict?: number | undefined;
  readonly agent?: number | undefined;
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  readonly change?: string | undefined;
}

/** What rows can be sorted by. */
export type SortKey =
  | 'task'
  | 'outcome'
  | 'reward'
  | 'verdict'
  | 'change'
  | 'tokens'
  | 'ms'
  | 'usd'
  | 'length'
  | 'agent';

/** The rows that a filter lets through, in their order; `holds` is asked last, as it takes longest. */
export function selectRows(rows: PageRows, filter: RowFilter, holds: (row: number) => boolean): number[] {
  const selected: number[] = [];
  for (let row = 0; row < rows.task.length; row++)
    if (fitsNames(rows, filter, row) && fitsNumbers(rows, filter, row) && holds(row)) selected.push(row);
  return selected;
}

/** Sorts rows in place, equal ones by task and rollout; what has no value comes last either way. */
export function sortRows(selected: number[], rows: PageRows, key: SortKey, descending: boolean): number[] {
  const valueOf = valuesOf(rows, key);
  const sign = descending ? -1 : 1;
  return selected.sort((a, b) => {
    const [first, second] = [valueOf(a), valueOf(b)];
    if (first === second) return a - b;
    if (first === undefined) return 1;
    if (second === undefined) return -1;
    return first < second ? -sign : sign;
  });
}

function valuesOf(rows: PageRows, key: SortKey): (row: number) => number | string | undefined {
  switch (key) {
    case 'outcome':
      return (row) => rows.outcomes[rows.outcome[row] ?? 0];
    case 'verdict':
      return (row) => rows.verdicts[rows.verdict[row] ?? 0];
    case 'agent':
      return (row) => rows.agents[rows.agent[row] ?? 0];
    default:
      return (row) => rows[key][row] ?? undefined;
  }
}

function fitsNames(rows: PageRows, {outcome, verdict, agent}: RowFilter, row: number): boolean {
  return (
    (outcome === undefined || rows.outcome[row] === outcome) &&
    (verdict === undefined || rows.verdict[row] === verdict) &&
    (agent === undefined || rows.agent[row] === agent)
  );
}

function fitsNumbers(rows: PageRows, {task, least, most, change}: RowFilter, row: number): boolean {
  const reward = rows.reward[row] ?? Number.NaN;
  return (
    (task === undefined || rows.task[row] === task) &&
    (least === undefined || reward >= least) &&
    (most === undefined || reward <= most) &&
    (change === undefined || changeName(rows.change[row] ?? undefined) === change)
  );
}

function changeName(change: number | undefined): string | undefined {
  if (change === undefined) return undefined;
  if (change === 0) return 'same';
  return change < 0 ? 'worse' : 'better';
}
