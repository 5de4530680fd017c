import {readdirSync, readFileSync} from 'node:fs';
import {expect, it} from 'vitest';

it('docs/errors.md lists every code that the azure room gives', () => {
  const sources = readdirSync('src/azure').map((name) => readFileSync(`src/azure/${name}`, 'utf8'));
  const codes = new Set(sources.flatMap((text) => text.match(/\bERR_[A-Z]+(?:_[A-Z]+)*\b/g) ?? []));
  // The client library's own codes begin so too.
  const ours = [...codes].filter((code) => /^ERR_(MODEL|ENDPOINT|CREDENTIALS|CONFIG)/.test(code));
  const listed = readFileSync('docs/errors.md', 'utf8');
  expect(ours.filter((code) => !listed.includes(`\`${code}\``))).toEqual([]);
  expect(ours.length).toBeGreaterThan(20);
});
