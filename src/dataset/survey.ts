import type {Workload} from '../core/prompt-size.ts';
import type {TaskNumbers} from './task-numbers.ts';

/** How much of an input there is to do. */
export interface Extent {
  readonly rows: number;
  readonly tasks: number;
  readonly rollouts: number;
}

/** What the first reading of an input found: every row is usable, and this is what they come to; in a shard, what its own come to. */
export interface Survey extends Extent {
  /** All shards together. */
  readonly whole: Extent;
  /** Rollouts of the whole by agent name, in order of first appearance. */
  readonly agents: ReadonlyMap<string, number>;
  /** SHA-256 (hex) of the rows taken, each with one line feed: that of the file, if it is plain and taken whole. */
  readonly inputDigest: string;
  /** The sizes of the rollouts' requests, by the agent names of the own rows: for an estimate of what they will take. */
  readonly work: ReadonlyMap<string, Workload>;
  /** Things to tell the user that are no mistakes. */
  readonly notices: readonly string[];
  readonly taskNumbers: TaskNumbers;
}
