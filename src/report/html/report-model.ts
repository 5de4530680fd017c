import type {DeploymentUse} from '../../core/deployment-use.ts';
import type {JsonObject} from '../../core/json.ts';
import type {ClusteredMean} from '../../metrics/clustered-mean.ts';
import type {PairedDifference} from '../../metrics/paired-difference.ts';
import type {PassAtK} from '../../metrics/pass-at-k.ts';
import type {Counted, RecordFigures} from '../../metrics/record-figures.ts';
import type {ValueColumn} from '../../metrics/value-column.ts';

/** What a page says of one output. */
export interface RunFigures {
  /** The output as it was named, and its file of failures. */
  readonly output: string;
  readonly failures: string;
  readonly settings: RunSettings;
  readonly done: number;
  /** Failed and without a record. */
  readonly failed: number;
  /** Wanted, not done and not failed. */
  readonly missing: number;
  /** Rollouts that are wanted; undefined where no materialised rows say. */
  readonly wanted: number | undefined;
  readonly reward: ClusteredMean | undefined;
  readonly passAtK: readonly PassAtK[];
  /** Our additions to the aggregate metrics, over all agents. */
  readonly counts: JsonObject;
  /** The same of each agent, with its mean reward. */
  readonly agents: readonly AgentFigures[];
  readonly records: RecordFigures;
  /** Failed attempts by class and code, those of rollouts that were completed later included. */
  readonly failedAttempts: readonly Counted[];
  readonly distributions: Distributions;
  /** What could not be told, or not be counted. */
  readonly notices: readonly string[];
}

export interface AgentFigures {
  readonly name: string;
  readonly meanReward: number | undefined;
  readonly counts: JsonObject;
}

/** What the manifest says; nothing where there is none. */
export interface RunSettings {
  readonly agents: readonly AgentSettings[];
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly runs: number;
  readonly exitCode: number | undefined;
  readonly version: string | undefined;
  readonly input: string | undefined;
  /** Quotas and refusals, by deployment, over all runs. */
  readonly refusals: readonly DeploymentRefusals[];
}

export interface AgentSettings {
  readonly name: string;
  readonly deployments: string;
  readonly judge: string | undefined;
}

export type DeploymentRefusals = Pick<DeploymentUse, 'name' | 'answered' | 'refused' | 'saturatedMinutes'>;

export interface Distributions {
  readonly rewards: ValueColumn;
  readonly milliseconds: ValueColumn;
  readonly answerLengths: ValueColumn;
}

/** What a page says of two outputs over the same tasks. */
export interface Comparison {
  readonly other: RunFigures;
  readonly match: TaskMatch;
  readonly reward: PairedDifference | undefined;
  readonly costUsd: PairedDifference | undefined;
  readonly milliseconds: PairedDifference | undefined;
  readonly outputTokens: PairedDifference | undefined;
  /** Tasks whose mean reward differs: the worst losses first, and the largest gains first. */
  readonly worse: readonly TaskChange[];
  readonly better: readonly TaskChange[];
  /** By task, of the tasks that are compared. */
  readonly changes: ReadonlyMap<number, number>;
}

/** How the tasks of two outputs fit together. */
export interface TaskMatch {
  /** Tasks with the same number and the same input. */
  readonly same: number;
  /** Tasks with the same number and another input; not compared. */
  readonly otherInput: number;
  readonly onlyHere: number;
  readonly onlyThere: number;
}

export interface TaskChange {
  readonly task: number;
  readonly reward: number;
  readonly otherReward: number;
  /** The beginning of the question. */
  readonly question: string;
}
