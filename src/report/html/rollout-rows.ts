import {ValueColumn} from '../../metrics/value-column.ts';
import {scriptJson} from './script-json.ts';

/** A row of the page's list: a rollout that is completed, or that failed and has no record. NaN stands for what there is not. */
export interface RolloutRow {
  readonly task: number;
  readonly rollout: number;
  readonly reward: number;
  readonly verdict: string;
  /** Empty if it is completed, else how it failed. */
  readonly failure: string;
  readonly agent: string;
  readonly tokens: number;
  readonly ms: number;
  readonly usd: number;
  /** Characters of the answer. */
  readonly length: number;
  /** Of its file. */
  readonly line: number;
}

const numberNames = ['task', 'rollout', 'reward', 'tokens', 'ms', 'usd', 'length', 'line'] as const;
// A file of somebody else's may have a name of its own in every line.
const mostNames = 200;

/** The rows of the list, column by column: some 40 bytes a rollout. */
export class RolloutRows {
  readonly columns: Readonly<Record<(typeof numberNames)[number], ValueColumn>> = {
    task: new ValueColumn(),
    rollout: new ValueColumn(),
    reward: new ValueColumn(),
    tokens: new ValueColumn(),
    ms: new ValueColumn(),
    usd: new ValueColumn(),
    length: new ValueColumn(),
    line: new ValueColumn(),
  };
  readonly #verdicts = new Names('');
  readonly #outcomes = new Names('');
  readonly #agents = new Names();

  get size(): number {
    return this.columns.task.length;
  }

  add(row: RolloutRow): void {
    for (const name of numberNames) this.columns[name].push(row[name]);
    this.#verdicts.add(row.verdict);
    this.#outcomes.add(row.failure);
    this.#agents.add(row.agent);
  }

  hasFailed(row: number): boolean {
    return this.#outcomes.placeAt(row) > 0;
  }

  /** Places of rows by task, then by rollout. */
  sorted(): Uint32Array {
    const {task, rollout} = this.columns;
    return this.order((a, b) => task.at(a) - task.at(b) || rollout.at(a) - rollout.at(b));
  }

  /** Places of all rows, as `compare` orders them. */
  order(compare: (a: number, b: number) => number): Uint32Array {
    const places = new Uint32Array(this.size);
    for (let row = 0; row < places.length; row++) places[row] = row;
    return places.sort(compare);
  }

  /** `PageRows` as JSON for a script element, piece by piece, the rows in this order; `changes` by task. */
  *toJson(order: Uint32Array, changes: ReadonlyMap<number, number>): Generator<string> {
    const {task} = this.columns;
    yield `{"verdicts":${scriptJson(this.#verdicts.names)},"outcomes":${scriptJson(this.#outcomes.names)},"agents":${scriptJson(this.#agents.names)}`;
    for (const name of numberNames) yield* columnJson(name, order, (row) => this.columns[name].at(row));
    yield* columnJson('verdict', order, (row) => this.#verdicts.placeAt(row));
    yield* columnJson('outcome', order, (row) => this.#outcomes.placeAt(row));
    yield* columnJson('agent', order, (row) => this.#agents.placeAt(row));
    const changed = changes.size === 0 ? new Uint32Array(0) : order;
    yield* columnJson('change', changed, (row) => changes.get(task.at(row)) ?? Number.NaN);
    yield '}';
  }
}

const pieceLength = 65_536;

function* columnJson(name: string, order: Uint32Array, valueAt: (row: number) => number): Generator<string> {
  let text = `,"${name}":[`;
  for (const [place, row] of order.entries()) {
    const value = valueAt(row);
    text += `${place === 0 ? '' : ','}${Number.isFinite(value) ? String(value) : 'null'}`;
    if (text.length < pieceLength) continue;
    yield text;
    text = '';
  }
  yield `${text}]`;
}

/** Texts of rows, each kept once. */
class Names {
  readonly #places = new Map<string, number>();
  readonly #rows = new ValueColumn();

  constructor(...first: readonly string[]) {
    for (const name of first) this.#places.set(name, this.#places.size);
  }

  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  add(text: string): void {
    const name = this.#places.size < mostNames || this.#places.has(text) ? text : 'another';
    const place = this.#places.get(name) ?? this.#places.size;
    this.#places.set(name, place);
    this.#rows.push(place);
  }

  placeAt(row: number): number {
    return this.#rows.at(row);
  }
}
