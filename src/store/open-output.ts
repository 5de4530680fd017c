import {mkdir, realpath, rm, rmdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {Clock} from '../core/clock.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {fileSize} from '../runtime/file-size.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {storeError} from '../runtime/store-error.ts';
import {lockOutput, type OutputLock} from './lock-output.ts';
import {type Manifest, readManifest} from './manifest.ts';
import {moveAside} from './move-aside.ts';
import type {OutputPaths} from './output-paths.ts';
import {type ExistingOutput, mismatchError, planStart} from './plan-start.ts';

export interface OpenOutputOptions {
  /** Input digest and every setting that changes answers, without secrets. */
  readonly fingerprint: JsonObject;
  /** Starts anew; what is there is moved aside. */
  readonly overwrite: boolean;
  readonly clock: Clock;
  /** The input's path if it is a file: an output may not replace it. */
  readonly inputPath?: string | undefined;
  /** In what the materialised rows at this path differ from those that the run wants; nothing if they are the same. */
  readonly compareRows: (path: string) => Promise<readonly Problem[]>;
  /** Called when the output is taken and before what is there is moved aside. */
  readonly beforeMoving: () => Promise<void>;
}

/** An output that this process holds. */
export interface OpenOutput {
  /** The manifest of the run that this one goes on with; undefined on a fresh start. */
  readonly resumed: Manifest | undefined;
  /** Whether the output has no manifest of ours, and is gone on with for its materialised rows' sake. */
  readonly adopted: boolean;
  /** Whether the materialised file is there to be used. */
  readonly materialized: boolean;
  /** Where the files of an earlier output went, if they were moved aside. */
  readonly movedTo: string | undefined;
  /** Gives the output up to others. */
  release(): Promise<void>;
  /** The same, and takes away what a start that failed has made: only for an output that was fresh and has no record. */
  abandon(): Promise<void>;
}

/**
 * Takes an output for this process and decides how to start on it: fresh, or going on with what is there. Makes the
 * folder if need be and no file but the lock. Fails with `ERR_OUTPUT_LOCKED`, `ERR_OUTPUT_MISMATCH` (each differing
 * key with both values), `ERR_OUTPUT_EXISTS`, `ERR_OUTPUT_IS_INPUT`, `ERR_OUTPUT_PATH` or `ERR_STORE_WRITE`, and changes nothing then.
 */
export async function openOutput(paths: OutputPaths, options: OpenOutputOptions): Promise<OpenOutput> {
  await refuseInput(paths, options.inputPath);
  let madeFolder: string | undefined;
  let lock: OutputLock | undefined;
  try {
    madeFolder = await makeFolder(dirname(paths.output));
    lock = await lockOutput(paths, options.clock);
    return await start(paths, options, {lock, madeFolder});
  } catch (error) {
    await lock?.release();
    await removeFolder(dirname(paths.output), madeFolder);
    throw pathError(paths.output, error);
  }
}

/** How a run would start on an output. Fails as `openOutput` does where it would be refused, and changes nothing. */
export async function peekOutput(
  paths: OutputPaths,
  options: Omit<OpenOutputOptions, 'clock' | 'beforeMoving'>,
): Promise<'fresh' | 'move aside' | 'resume'> {
  await refuseInput(paths, options.inputPath);
  const {start} = planStart(paths, await inspect(paths, options.overwrite), options);
  if (start !== 'adopt' && start !== 'take over') return start;
  await refuseOtherRows(paths, options);
  return 'resume';
}

// What may be otherwise when the same command runs again.
const passing: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE']);

/** Nothing is spent yet: a path that nothing can be written to is a mistake in the command, not the end of a run. */
function pathError(path: string, error: unknown): unknown {
  if (!(error instanceof RollcallError) || error.code !== 'ERR_STORE_WRITE') return error;
  const {cause, message, hint} = error;
  if (passing.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '')) return error;
  return new RollcallError(`the output ${path} cannot be made: ${message}`, {
    code: 'ERR_OUTPUT_PATH',
    fault: 'store',
    hint: hint ?? 'Choose another --output.',
    cause,
  });
}

interface Held {
  readonly lock: OutputLock;
  readonly madeFolder: string | undefined;
}

async function start(paths: OutputPaths, options: OpenOutputOptions, held: Held): Promise<OpenOutput> {
  const plan = planStart(paths, await inspect(paths, options.overwrite), options);
  const adopted = plan.start === 'adopt';
  if (adopted || plan.start === 'take over') await refuseOtherRows(paths, options);
  const resumed = 'manifest' in plan ? plan.manifest : undefined;
  if (plan.start === 'move aside') await options.beforeMoving();
  const movedTo = plan.start === 'move aside' ? await moveAside(paths, options.clock) : undefined;
  const {lock, madeFolder} = held;
  return {
    resumed,
    movedTo,
    adopted,
    materialized: adopted || (resumed !== undefined && (await pathExists(paths.materialized))),
    release: () => lock.release(),
    async abandon() {
      if (resumed === undefined && !adopted) await removeUnused(paths);
      await lock.release();
      await removeFolder(dirname(paths.output), madeFolder);
    },
  };
}

async function inspect(paths: OutputPaths, overwrite: boolean): Promise<ExistingOutput> {
  await refuseOddFiles(paths);
  const [outputBytes, failureBytes] = await Promise.all([
    fileSize(paths.output, 'write'),
    fileSize(paths.failures, 'write'),
  ]);
  const materialized = await isRegularFile(paths.materialized);
  const manifest = overwrite ? undefined : await readManifest(paths.manifest);
  return {outputBytes, failureBytes, materialized, manifest};
}

/** Beside the output, which may be a pipe, there must be files: they are read again. */
async function refuseOddFiles({
  failures,
  materialized,
  manifest,
  chain,
  dispatched,
}: OutputPaths): Promise<void> {
  for (const path of [failures, materialized, manifest, chain, dispatched]) {
    if (!(await pathExists(path)) || (await isRegularFile(path))) continue;
    throw new RollcallError(`${path} is no file`, {
      code: 'ERR_OUTPUT_PATH',
      fault: 'store',
      hint: 'Choose another --output, or take away what is there.',
    });
  }
}

async function refuseOtherRows(
  paths: OutputPaths,
  {compareRows}: Pick<OpenOutputOptions, 'compareRows'>,
): Promise<void> {
  const differences = await compareRows(paths.materialized);
  if (differences.length > 0) throw mismatchError(paths, differences);
}

async function removeUnused(paths: OutputPaths): Promise<void> {
  if ((await fileSize(paths.output, 'write')) > 0 || (await fileSize(paths.failures, 'write')) > 0) return;
  const {output, failures, materialized, manifest, chain, dispatched} = paths;
  const ours = [output, failures, materialized, manifest, chain, dispatched];
  for (const path of ours) if (await isRegularFile(path)) await rm(path, {force: true});
}

/** The outermost folder that had to be made, if any. Step by step: Node's own way never ends where a file system takes no folders. */
async function makeFolder(folder: string): Promise<string | undefined> {
  if (folder === dirname(folder) || (await pathExists(folder))) return undefined;
  const outermost = await makeFolder(dirname(folder));
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storeError(folder, error);
    return outermost;
  }
  return outermost ?? folder;
}

async function removeFolder(folder: string, outermostMade: string | undefined): Promise<void> {
  if (outermostMade === undefined) return;
  for (let each = folder; ; each = dirname(each)) {
    const removed = await rmdir(each).then(
      () => true,
      () => false,
    );
    if (!removed || each === outermostMade || each === dirname(each)) return;
  }
}

async function refuseInput(paths: OutputPaths, inputPath: string | undefined): Promise<void> {
  if (inputPath === undefined) return;
  const input = await realpath(inputPath).catch(() => inputPath);
  const {output, failures, materialized, manifest, metrics, chain, dispatched} = paths;
  for (const path of [output, failures, materialized, manifest, metrics, chain, dispatched]) {
    if ((await realpath(path).catch(() => undefined)) !== input) continue;
    throw new RollcallError(`the input ${inputPath} is a file that the output ${output} would replace`, {
      code: 'ERR_OUTPUT_IS_INPUT',
      fault: 'usage',
      hint: 'Choose another --output.',
    });
  }
}
