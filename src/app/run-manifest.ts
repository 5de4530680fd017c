import type {Clock} from '../core/clock.ts';
import type {JsonObject} from '../core/json.ts';
import type {Redact} from '../core/ports.ts';
import {type Manifest, type ManifestRun, writeManifest} from '../store/manifest.ts';

/** The manifest while a run has the output. */
export interface RunManifest {
  /** Notes the run's end. Fails with `ERR_STORE_WRITE`. */
  end(end: Omit<ManifestRun, 'startedAt' | 'endedAt' | 'goneOnWith' | 'mayBeBilledTwice'>): Promise<void>;
}

export interface RunManifestOptions {
  readonly fingerprint: JsonObject;
  readonly about: JsonObject;
  /** Runs on the output before this one. */
  readonly earlierRuns: readonly ManifestRun[];
  readonly goneOnWith: JsonObject | undefined;
  readonly mayBeBilledTwice: JsonObject | undefined;
  readonly clock: Clock;
  readonly redact: Redact;
}

/** Notes in the manifest at `path` that a run has begun. Fails with `ERR_STORE_WRITE`. */
export async function beginManifest(path: string, options: RunManifestOptions): Promise<RunManifest> {
  const {fingerprint, about, earlierRuns, goneOnWith, mayBeBilledTwice, clock, redact} = options;
  const now = (): string => new Date(clock.now()).toISOString();
  const begun: ManifestRun = {startedAt: now(), goneOnWith, mayBeBilledTwice};
  const withRun = (run: ManifestRun): Manifest => ({fingerprint, about, runs: [...earlierRuns, run]});
  await writeManifest(path, withRun(begun), redact);
  return {
    end: (end) => writeManifest(path, withRun({...begun, endedAt: now(), ...end}), redact),
  };
}
