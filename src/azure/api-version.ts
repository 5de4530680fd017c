/** What a version string is: the v1 surface's own words, a dated version, or nothing Azure ever had. */
export type ApiVersionKind = 'v1' | 'dated' | 'malformed';

/** Something the service understands only from a certain dated version on. */
export type VersionedFeature =
  | 'tools'
  | 'logprobs'
  | 'structured-output'
  | 'max-completion-tokens'
  | 'parallel-tool-calls'
  | 'stream-usage'
  | 'store-and-metadata'
  | 'reasoning'
  | 'responses'
  | 'encrypted-reasoning';

/** Used where a dated path comes without a version: the last dated general availability. */
export const defaultDatedVersion = '2024-10-21';

// Published dated versions, previews without their suffix (azure-rest-api-specs and Microsoft's lifecycle page).
const generallyAvailable = ['2022-12-01', '2023-05-15', '2024-02-01', '2024-06-01', '2024-10-21'];
const previews = [
  ...['2023-03-15', '2023-06-01', '2023-07-01', '2023-08-01', '2023-09-01', '2023-10-01', '2023-12-01'],
  ...['2024-02-15', '2024-03-01', '2024-04-01', '2024-05-01', '2024-07-01', '2024-08-01', '2024-09-01'],
  ...['2024-10-01', '2024-12-01', '2025-01-01', '2025-02-01', '2025-03-01', '2025-04-01'],
].map((date) => `${date}-preview`);

/** Every dated version that was published, oldest first. */
export const knownApiVersions: readonly string[] = [...generallyAvailable, ...previews].sort();

// The first preview that has it, and the first general availability that has it (never: none has).
const never = '9999-12-31';
const since: Readonly<Record<VersionedFeature, readonly [preview: string, available: string]>> = {
  tools: ['2023-12-01-preview', '2024-02-01'],
  logprobs: ['2024-02-15-preview', '2024-06-01'],
  'structured-output': ['2024-08-01-preview', '2024-10-21'],
  'max-completion-tokens': ['2024-09-01-preview', '2024-10-21'],
  'parallel-tool-calls': ['2024-09-01-preview', '2024-10-21'],
  'stream-usage': ['2024-09-01-preview', '2024-10-21'],
  'store-and-metadata': ['2024-12-01-preview', never],
  reasoning: ['2024-12-01-preview', never],
  responses: ['2025-03-01-preview', never],
  'encrypted-reasoning': [never, never],
};

const datedPattern = /^\d{4}-\d{2}-\d{2}(-preview)?$/;
const v1Words = new Set(['v1', 'preview', 'latest']);

/** Tells the v1 surface's words (`v1`, `preview`, `latest`) from dated versions and from everything else. */
export function apiVersionKind(version: string): ApiVersionKind {
  if (v1Words.has(version)) return 'v1';
  return datedPattern.test(version) ? 'dated' : 'malformed';
}

/** Whether the service understands the feature at this version; no version, or one of v1's, understands all. */
export function versionHas(version: string | undefined, feature: VersionedFeature): boolean {
  if (version === undefined || apiVersionKind(version) !== 'dated') return true;
  const [preview, available] = since[feature];
  return version >= (version.endsWith('-preview') ? preview : available);
}

/** The lowest version that has the feature, for hints. */
export function lowestVersionWith(feature: VersionedFeature): string {
  const [preview, available] = since[feature];
  return available === never ? preview : available;
}

/** The published version whose date is nearest; of two as near, the general availability. */
export function nearestApiVersion(version: string): string {
  const distance = (known: string): number =>
    Math.abs(Date.parse(known.slice(0, 10)) - Date.parse(version.slice(0, 10))) +
    (known.endsWith('-preview') === version.endsWith('-preview') ? 0 : 1);
  const ranked = knownApiVersions.filter((known) => !Number.isNaN(distance(known)));
  return ranked.reduce(
    (best, known) => (distance(known) < distance(best) ? known : best),
    defaultDatedVersion,
  );
}

/** What is odd about a dated version, for people; nothing if it was published. */
export function describeUnknownVersion(version: string): string | undefined {
  if (apiVersionKind(version) !== 'dated' || knownApiVersions.includes(version)) return undefined;
  return (
    `api-version ${version} is none that Azure published (is it the model's version?); ` +
    `the nearest is ${nearestApiVersion(version)}`
  );
}
