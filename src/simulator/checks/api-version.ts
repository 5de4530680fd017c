/** The dated versions that Azure lists as alive (GA and preview), oldest first. */
export const datedApiVersions: readonly string[] = [
  '2022-12-01',
  '2023-05-15',
  '2024-02-01',
  '2024-02-15-preview',
  '2024-03-01-preview',
  '2024-04-01-preview',
  '2024-05-01-preview',
  '2024-06-01',
  '2024-07-01-preview',
  '2024-08-01-preview',
  '2024-09-01-preview',
  '2024-10-01-preview',
  '2024-10-21',
  '2024-12-01-preview',
  '2025-01-01-preview',
  '2025-02-01-preview',
  '2025-03-01-preview',
  '2025-04-01-preview',
];

/** What the v1 surface takes as `api-version`; none at all means `v1`. */
export const undatedApiVersions: ReadonlySet<string> = new Set(['v1', 'preview', 'latest']);

/** The first preview and the first GA version that know a feature; `ga` undefined: none yet. */
export interface FeatureGate {
  readonly preview: string;
  readonly ga?: string | undefined;
}

/** Whether `apiVersion` knows the feature; the v1 surface knows them all. */
export function versionHas(apiVersion: string, {preview, ga}: FeatureGate): boolean {
  if (undatedApiVersions.has(apiVersion)) return true;
  if (apiVersion.endsWith('-preview')) return apiVersion >= preview;
  return ga !== undefined && apiVersion >= ga;
}
