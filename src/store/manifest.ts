import {readFile, stat} from 'node:fs/promises';
import {type Problem, RollcallError} from '../core/errors.ts';
import {asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {Redact} from '../core/ports.ts';
import {storeError} from '../runtime/store-error.ts';
import {writeWholeFile} from '../runtime/write-whole-file.ts';
import {type Checkpoint, decodeCheckpoint} from './line-chain.ts';

/** What an output was made from and by what; written in snake_case to `STEM_manifest.json`. */
export interface Manifest {
  /** Input digest and every setting that changes answers. Two runs on one output must have it alike. */
  readonly fingerprint: JsonObject;
  /** Versions, sizes, shard, whatever else tells the story; not compared. */
  readonly about: JsonObject;
  /** One entry a run on this output, oldest first. Times are ISO dates. */
  readonly runs: readonly ManifestRun[];
}

export interface ManifestRun {
  readonly startedAt: string;
  /** Missing while it runs, and when it was killed. */
  readonly endedAt?: string | undefined;
  readonly exitCode?: number | undefined;
  /** The last checkpoint of the hash over the output's lines; of runs that closed the output. */
  readonly chain?: Checkpoint | undefined;
  /** How it found the hash over the lines that it goes on with, where that does not reach to their end; see `ResumedChain`. */
  readonly goneOnWith?: JsonObject | undefined;
  /** Rollouts that an earlier run had begun and that have no record: what they cost may be paid twice. */
  readonly mayBeBilledTwice?: JsonObject | undefined;
  /** What was learnt of each deployment's limits; of ended runs only. */
  readonly deployments?: readonly JsonValue[] | undefined;
}

const manifestVersion = 1;

/** The manifest at `path`; undefined when there is none. Fails with `ERR_OUTPUT_MANIFEST` on one that cannot be read. */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    // A pipe would be waited for without end.
    const text = (await stat(path)).isFile() ? await readFile(path, 'utf8') : '';
    return decodeManifest(text) ?? unreadable(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(path, error, 'read');
  }
}

/** Replaces the manifest, whole or not at all. Fails with `ERR_STORE_WRITE`. */
export async function writeManifest(path: string, manifest: Manifest, redact: Redact): Promise<void> {
  const {fingerprint, about, runs} = manifest;
  const encoded = {
    rollcall_manifest: manifestVersion,
    ...about,
    fingerprint,
    runs: runs.map(encodeRun),
  };
  await writeWholeFile(path, redact(`${JSON.stringify(encoded, undefined, 2)}\n`));
}

function encodeRun(run: ManifestRun): JsonObject {
  const {startedAt, endedAt, exitCode, chain, goneOnWith, mayBeBilledTwice, deployments} = run;
  return {
    started_at: startedAt,
    ended_at: endedAt ?? null,
    exit_code: exitCode ?? null,
    ...(chain === undefined ? {} : {chain: {lines: chain.lines, bytes: chain.bytes, sha256: chain.sha256}}),
    ...(goneOnWith === undefined ? {} : {gone_on_with: goneOnWith}),
    ...(mayBeBilledTwice === undefined ? {} : {may_be_billed_twice: mayBeBilledTwice}),
    ...(deployments === undefined ? {} : {deployments}),
  };
}

/** One problem for each key in which two fingerprints differ, with both values: `before` is the output's, `after` this run's. */
export function fingerprintDifferences(before: JsonObject, after: JsonObject): readonly Problem[] {
  const [old, current] = [flatten(before), flatten(after)];
  const keys = new Set([...old.keys(), ...current.keys()]);
  return [...keys]
    .filter((key) => old.get(key) !== current.get(key))
    .map((key) => ({
      path: key,
      message: `was ${old.get(key) ?? 'not set'}, is ${current.get(key) ?? 'not set'}`,
    }));
}

function decodeManifest(text: string): Manifest | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  const {rollcall_manifest: version, fingerprint, runs, ...about} = value;
  if (version !== manifestVersion || !isJsonObject(fingerprint) || !Array.isArray(runs)) return undefined;
  return {fingerprint, about, runs: (runs as readonly JsonValue[]).filter(isJsonObject).map(decodeRun)};
}

function decodeRun({
  started_at: startedAt,
  ended_at: endedAt,
  exit_code: exitCode,
  chain,
  gone_on_with: goneOnWith,
  may_be_billed_twice: mayBeBilledTwice,
  deployments,
}: JsonObject): ManifestRun {
  return {
    deployments: Array.isArray(deployments) ? (deployments as readonly JsonValue[]) : undefined,
    chain: isJsonObject(chain) ? decodeCheckpoint(JSON.stringify(chain)) : undefined,
    goneOnWith: asJsonObject(goneOnWith),
    mayBeBilledTwice: asJsonObject(mayBeBilledTwice),
    startedAt: typeof startedAt === 'string' ? startedAt : '',
    endedAt: typeof endedAt === 'string' ? endedAt : undefined,
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(path: string): never {
  throw new RollcallError(`${path} is not a manifest that this version can read`, {
    code: 'ERR_OUTPUT_MANIFEST',
    fault: 'store',
    hint: 'Start anew with --overwrite: what is there is moved aside. Or use the version of rollcall that wrote it.',
  });
}

/** Leaves by dotted path. Lists count as one value: what moved in them is seen best as a whole. */
function flatten(value: JsonObject, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    // A name with a dot in quotes, or it would read as two.
    const path = prefix + (/[."]/.test(key) ? JSON.stringify(key) : key);
    if (isJsonObject(part)) {
      for (const [inner, leaf] of flatten(part, `${path}.`)) leaves.set(inner, leaf);
    } else {
      leaves.set(path, JSON.stringify(sortKeys(part)));
    }
  }
  return leaves;
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sortKeys);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, part]) =>
    part === undefined ? [] : [[key, sortKeys(part)] as const],
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
