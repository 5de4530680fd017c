import {describe, expect, it} from 'vitest';
import {
  apiVersionKind,
  knownApiVersions,
  lowestVersionWith,
  nearestApiVersion,
  type VersionedFeature,
  versionHas,
} from '../../src/azure/api-version.ts';

describe('versionHas', () => {
  it.each([
    ['logprobs', '2024-02-01', false],
    ['logprobs', '2024-06-01', true],
    ['structured-output', '2024-07-01-preview', false],
    ['structured-output', '2024-08-01-preview', true],
    ['structured-output', '2024-06-01', false],
    ['structured-output', '2024-10-21', true],
    ['max-completion-tokens', '2024-08-01-preview', false],
    ['max-completion-tokens', '2024-09-01-preview', true],
    ['max-completion-tokens', '2024-10-21', true],
    ['store-and-metadata', '2024-10-21', false],
    ['store-and-metadata', '2024-12-01-preview', true],
    ['reasoning', '2024-10-01-preview', false],
    ['responses', '2025-02-01-preview', false],
    ['responses', '2025-03-01-preview', true],
    ['responses', 'v1', true],
    ['responses', 'preview', true],
    ['responses', undefined, true],
  ] satisfies [VersionedFeature, string | undefined, boolean][])(
    'says of %s at %s: %s',
    (feature, version, has) => {
      expect(versionHas(version, feature)).toBe(has);
    },
  );
});

describe('the list of versions', () => {
  it('holds every version that features begin with', () => {
    const features = [
      'tools',
      'structured-output',
      'max-completion-tokens',
      'reasoning',
      'responses',
    ] as const;
    for (const feature of features) expect(knownApiVersions).toContain(lowestVersionWith(feature));
  });

  it('is its own nearest', () => {
    for (const version of knownApiVersions) expect(nearestApiVersion(version)).toBe(version);
  });

  it('gives the default for what is no date', () => {
    expect(nearestApiVersion('soon')).toBe('2024-10-21');
  });
});

describe('apiVersionKind', () => {
  it.each([
    ['v1', 'v1'],
    ['latest', 'v1'],
    ['2024-10-21', 'dated'],
    ['2024-10-21-preview', 'dated'],
    ['2024-10-21-beta', 'malformed'],
    ['', 'malformed'],
  ])('takes %j for %s', (version, kind) => {
    expect(apiVersionKind(version)).toBe(kind);
  });
});
