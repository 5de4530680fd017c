// What the page's file holds for its script. Elements are found by these ids.

export const pageIds = {
  rows: 'rows',
  texts: 'texts',
  notes: 'notes',
} as const;

/** The list's rows as columns, by task and rollout; null for what there is not. */
export interface PageRows {
  readonly task: readonly number[];
  readonly rollout: readonly number[];
  readonly reward: readonly (number | null)[];
  /** Places in `verdicts`, `outcomes`, `agents`. */
  readonly verdict: readonly number[];
  readonly outcome: readonly number[];
  readonly agent: readonly number[];
  readonly tokens: readonly (number | null)[];
  readonly ms: readonly (number | null)[];
  readonly usd: readonly (number | null)[];
  /** Characters of the answer. */
  readonly length: readonly (number | null)[];
  /** What the rollout's task gained over the other run; empty where none is compared. */
  readonly change: readonly (number | null)[];
  /** Of its file. */
  readonly line: readonly number[];
  readonly verdicts: readonly string[];
  /** The first is that of completed rollouts. */
  readonly outcomes: readonly string[];
  readonly agents: readonly string[];
}

/** A text of a rollout; where some of its middle is left out, how many characters, and its end. */
export type Passage =
  | readonly [label: string, text: string]
  | readonly [label: string, start: string, leftOut: number, end: string];

/** The texts of one row of the list. */
export type RowTexts = readonly [row: number, passages: readonly Passage[]];

/** What the script is told last. */
export interface PageNotes {
  /** The files that rows come from. */
  readonly output: string;
  readonly failures: string;
  /** Rows whose texts are in the page, in the order of the blocks. */
  readonly rowsWithTexts: readonly number[];
  /** How many each block has. */
  readonly blockSizes: readonly number[];
}
