import type {Problem} from '../core/errors.ts';
import {formatShard, type Shard} from '../core/shard.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a scheduler says of a job's share, in its variables. */
interface Scheduled {
  /** For people: the scheduler, and the variables that were found. */
  readonly scheduler: string;
  readonly found: string;
  /** From 1. */
  readonly index: number;
  /** Undefined: it does not say. */
  readonly of: number | undefined;
}

interface Scheduler {
  readonly name: string;
  /** Set in every job that is one of several. */
  readonly mark: string;
  readonly others: readonly string[];
  /** The share, or why it cannot be told. */
  readonly read: (numberOf: NumberOf) => Pick<Scheduled, 'index' | 'of'> | string;
}

/** A variable's whole number from 0; undefined where it is not set. Anything else was complained about. */
type NumberOf = (name: string) => number | undefined;

const schedulers: readonly Scheduler[] = [
  {
    name: 'a Slurm job array',
    mark: 'SLURM_ARRAY_TASK_ID',
    others: ['MIN', 'MAX', 'STEP', 'COUNT'].map((part) => `SLURM_ARRAY_TASK_${part}`),
    read: readSlurm,
  },
  {
    name: 'an Indexed Job of Kubernetes',
    mark: 'JOB_COMPLETION_INDEX',
    others: [],
    read: (numberOf) => ({index: (numberOf('JOB_COMPLETION_INDEX') ?? 0) + 1, of: undefined}),
  },
  {
    name: 'parallel jobs in CI',
    mark: 'CI_NODE_INDEX',
    others: ['CI_NODE_TOTAL'],
    read(numberOf) {
      const [index, of] = [numberOf('CI_NODE_INDEX'), numberOf('CI_NODE_TOTAL')];
      if (index === undefined || of === undefined) return 'CI_NODE_INDEX needs CI_NODE_TOTAL beside it';
      return index === 0 ? 'CI_NODE_INDEX counts from 1' : {index, of};
    },
  },
];

const nameOne = 'Name the share: --shard 2/8.';

/** The share that a job's scheduler tells in its environment; `of`: how many shares there are, where it does not say. */
export function scheduledShard(
  env: Environment,
  of: number | undefined,
): {readonly shard: Shard; readonly from: string} | {readonly problem: Problem} {
  const present = schedulers.filter(({mark}) => isSet(env[mark]));
  const [only] = present;
  if (only === undefined) return {problem: noneFound(env)};
  if (present.length > 1) {
    const found = present.map((each) => `${each.name} (${foundOf(each, env)})`).join(' and ');
    return {
      problem: {message: `the environment tells of ${found}`, hint: `Unset what does not count. ${nameOne}`},
    };
  }
  const read = readOne(only, env);
  return typeof read === 'string' ? {problem: {message: read, hint: nameOne}} : settle(read, of);
}

function settle(
  {scheduler, found, index, of: told}: Scheduled,
  given: number | undefined,
): ReturnType<typeof scheduledShard> {
  const of = told ?? given;
  if (of === undefined) {
    const hint = 'Give the number of completions: --shard auto/8.';
    return {problem: {message: `${scheduler} (${found}) does not say how many shares there are`, hint}};
  }
  if (given !== undefined && given !== of) {
    const message = `${scheduler} (${found}) says that there are ${String(of)} shares, auto/${String(given)} another number`;
    return {problem: {message, hint: nameOne}};
  }
  const shard = {index, of};
  if (index <= of) return {shard, from: `${scheduler} (${found})`};
  return {
    problem: {
      message: `${scheduler} (${found}) is no share of ${String(of)}: ${formatShard(shard)}`,
      hint: nameOne,
    },
  };
}

function readOne(scheduler: Scheduler, env: Environment): Scheduled | string {
  const found = foundOf(scheduler, env);
  const wrong = [scheduler.mark, ...scheduler.others].filter(
    (name) => isSet(env[name]) && !/^\d{1,9}$/.test(env[name]?.trim() ?? ''),
  );
  if (wrong.length > 0) return `${wrong.join(' and ')} should be a whole number from 0 (${found})`;
  const read = scheduler.read((name) => (isSet(env[name]) ? Number(env[name]) : undefined));
  return typeof read === 'string' ? `${read} (${found})` : {scheduler: scheduler.name, found, ...read};
}

/** The place of a job in its array, which may begin anywhere and go on in steps; `--array=1,5,6` tells no place. */
function readSlurm(numberOf: NumberOf): Pick<Scheduled, 'index' | 'of'> | string {
  const id = numberOf('SLURM_ARRAY_TASK_ID') ?? 0;
  const [min, max] = [numberOf('SLURM_ARRAY_TASK_MIN'), numberOf('SLURM_ARRAY_TASK_MAX')];
  if (min === undefined || max === undefined)
    return 'SLURM_ARRAY_TASK_ID needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_MAX beside it';
  const step = min === max ? 1 : (numberOf('SLURM_ARRAY_TASK_STEP') ?? 1);
  const [index, of] = [(id - min) / step + 1, (max - min) / step + 1];
  const count = numberOf('SLURM_ARRAY_TASK_COUNT') ?? of;
  const isRegular = Number.isInteger(index) && Number.isInteger(of) && count === of;
  if (!isRegular || id < min || id > max)
    return 'the array is no row of numbers with one step, in which a job has its place';
  return {index, of};
}

function noneFound(env: Environment): Problem {
  const marks = schedulers.map(({name, mark}) => `${mark} (${name})`).join(', ');
  const half = schedulers.flatMap(({others}) => others).filter((name) => isSet(env[name]));
  const beside = half.length === 0 ? '' : `; only ${half.map((name) => shown(name, env)).join(', ')}`;
  return {
    message: `none of these is set: ${marks}${beside}`,
    hint: `${nameOne} Or leave --shard out to do all.`,
  };
}

function foundOf({mark, others}: Scheduler, env: Environment): string {
  return [mark, ...others]
    .filter((name) => isSet(env[name]))
    .map((name) => shown(name, env))
    .join(', ');
}

function shown(name: string, env: Environment): string {
  return `${name}=${env[name]?.trim() ?? ''}`;
}

/** A variable that is set to nothing is none. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
