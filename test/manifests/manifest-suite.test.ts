import {describe, expect, it} from 'vitest';
import type {Problem} from '../../src/core/errors.ts';
import {describeFinding, load, type ManifestCase, readCases} from './manifest-suite.ts';

const cases = readCases();
const topics = [...new Set(cases.map(({topic}) => topic))];

describe.each(topics)('the manifest suite: %s', (topic) => {
  it.each(cases.filter((one) => one.topic === topic))('$name', (one) => {
    const {config, problems} = load(one.text, one.env);
    expectFindings(problems, one.problems);
    if (config === undefined) return;
    expectFindings(config.warnings, one.warnings);
    const results = config.resources.map(({kind, name, detail}) => `${kind} ${name}: ${detail}`);
    expect(results).toEqual(expect.arrayContaining([...one.results]));
    if (one.port !== undefined) expect(config.port).toBe(Number(one.port));
  });
});

it.each(cases)('reads "$name" with the line ends and marks of Windows just as it is', ({text, env}) => {
  const windows = `\uFEFF${text.replaceAll('\n', '\r\n').replaceAll('---\r\n', '---\r\n\uFEFF')}`;
  expect(load(windows, env)).toEqual(load(text, env));
});

it('the manifest suite has at least 60 cases, each with a name of its own', () => {
  expect(new Set(cases.map(({name}) => name)).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThanOrEqual(60);
});

/** Each finding is expected and each expectation is found, at its line. */
function expectFindings(findings: readonly Problem[], expected: ManifestCase['problems']): void {
  const found = findings.map((finding) => ({line: finding.line, text: describeFinding(finding)}));
  const rest = [...found];
  const missing = expected.filter(({line, text}) => {
    const at = rest.findIndex((finding) => finding.line === line && finding.text.includes(text));
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  expect({missing, unexpected: rest}).toEqual({missing: [], unexpected: []});
}
