import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {classifyKind, parseApiVersion} from '../../src/manifests/kinds.ts';

const page = readFileSync('docs/manifests.md', 'utf8');

describe('docs/manifests.md', () => {
  it('lists every packaged example', () => {
    const listed = [...page.matchAll(/^\| `(configs\/manifests\/[^`]+)`/gm)].map(([, path]) => path);
    const packaged = readdirSync('configs/manifests').map((name) => `configs/manifests/${name}`);
    expect(listed.toSorted()).toEqual(packaged.toSorted());
  });

  it('names kinds and versions that are known', () => {
    const named = [...page.matchAll(/`(\w+)` \(`([^`]+)`\)/g)];
    expect(named).toHaveLength(4);
    for (const [, kind = '', apiVersion = ''] of named) {
      const {role, complaint} = classifyKind(kind, parseApiVersion(apiVersion));
      expect({kind, isForeign: role === 'foreign', complaint}).toEqual({
        kind,
        isForeign: false,
        complaint: undefined,
      });
    }
  });
});
