import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {failureCodes} from '../../src/core/failure-kinds.ts';

it('lists the codes that docs/errors.md tells of rollouts and calls, but for those that end a run or fail nothing', () => {
  const docs = readFileSync('docs/errors.md', 'utf8');
  const rows = [...docs.matchAll(/^\| `(ERR_\w+)` \| ([^|]*)\|/gm)];
  const ofRollouts = docs.slice(docs.indexOf('## Rollouts'), docs.indexOf('## Configuration of'));
  const failing = rows.filter(([, code = '', effect = '']) =>
    code.startsWith('ERR_MODEL_')
      ? /^(?:rollout|settings|retry)/.test(effect) && !effect.includes('unreachable')
      : ofRollouts.includes(`\`${code}\``) && code !== 'ERR_GATEWAY_TIMEOUT',
  );
  expect(failureCodes.toSorted()).toEqual(failing.map(([, code]) => code).toSorted());
});
