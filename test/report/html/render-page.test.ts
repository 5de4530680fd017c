import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {ClusteredMean} from '../../../src/metrics/clustered-mean.ts';
import {RecordTally} from '../../../src/metrics/record-figures.ts';
import type {Passage, RowTexts} from '../../../src/report/html/page-data.ts';
import {type Report, renderPage} from '../../../src/report/html/render-page.ts';
import type {Comparison, RunFigures, RunSettings} from '../../../src/report/html/report-model.ts';
import {RolloutRows} from '../../../src/report/html/rollout-rows.ts';

const assets = {style: 'p{color:red}', script: 'start()'};
const mean: ClusteredMean = {count: 2, mean: 0.5, clusters: 2, standardError: 0.1, interval95: [0.1, 0.9]};

function settingsWith(text: string): RunSettings {
  return {
    agents: [{name: text, deployments: text, judge: text}],
    ...{startedAt: text, endedAt: text, runs: 1, exitCode: 0, version: text, input: text},
    refusals: [{name: text, answered: 1, refused: 0, saturatedMinutes: 0}],
  };
}

/** A run in which everything that comes from outside is `text`. */
function runWith(text: string, rows: RolloutRows): RunFigures {
  const tally = new RecordTally();
  tally.add({
    response: {model: text},
    judge_evaluations: [{verdict_label: text}],
    _rollcall: {deployment: text, model_ms: 1, simulated: true},
  });
  const {reward: rewards, ms: milliseconds, length: answerLengths} = rows.columns;
  return {
    output: text,
    failures: text,
    settings: settingsWith(text),
    ...{
      done: 1,
      failed: 1,
      missing: 0,
      wanted: 2,
      reward: mean,
      passAtK: [{k: 1, estimate: mean}],
      counts: {},
    },
    agents: [0, 1].map(() => ({name: text, meanReward: 1, counts: {}})),
    records: tally.figures(),
    failedAttempts: [{name: text, count: 1}],
    distributions: {rewards, milliseconds, answerLengths},
    notices: [text],
  };
}

function reportWith(text: string): Report {
  const rows = new RolloutRows();
  const numbers = {rollout: 0, tokens: 1, ms: 1, usd: 1, length: 1, line: 1};
  rows.add({task: 0, ...numbers, reward: 1, verdict: text, failure: '', agent: text});
  rows.add({task: 1, ...numbers, reward: Number.NaN, verdict: text, failure: `failed ${text}`, agent: text});
  const run = runWith(text, rows);
  const change = {task: 0, reward: 0, otherReward: 1, question: text};
  const comparison: Comparison = {
    other: run,
    match: {same: 1, otherInput: 0, onlyHere: 0, onlyThere: 0},
    ...{reward: undefined, costUsd: undefined, milliseconds: undefined, outputTokens: undefined},
    ...{worse: [change], better: [change], changes: new Map([[0, -1]])},
  };
  return {
    ...{run, comparison, rows, mostBytes: 2 ** 20, mostCharacters: 100},
    textsOf: (): readonly Passage[] => [[text, text]],
    ...{madeAt: '2026-01-01', version: '1'},
  };
}

function render(text: string): string {
  return [...renderPage(reportWith(text), assets, {bytes: 0, rows: 0, rowsWithTexts: 0})].join('');
}

/** The tags of a page as a browser finds them: nothing is one within a script or a style until its end. Marks of what cannot be seen are left out. */
function tagsOf(page: string): string[] {
  const tags: string[] = [];
  const tag = /<(\/?[a-z!][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/gi;
  for (let found = tag.exec(page); found !== null; found = tag.exec(page)) {
    const [, name = '', attributes = ''] = found;
    tags.push(`${name} ${attributes.replaceAll(/"[^"]*"/g, '')}`);
    if (!['script', 'style', 'title'].includes(name)) continue;
    tag.lastIndex = page.indexOf(`</${name}`, tag.lastIndex);
  }
  const marks = page.match(/<span class="mark">/g)?.length ?? 0;
  const spans = tags.filter((each) => /^\/?span/.test(each)).length - 2 * marks;
  return [...tags.filter((each) => !/^\/?span/.test(each)), `${spans} spans`];
}

const fragments = [
  '</script>',
  '</style>',
  '</title>',
  '<!--',
  '-->',
  '<script>',
  ']]>',
  '"',
  "'",
  '>',
  '<',
  '&quot;',
  ' onload=',
  'javascript:',
  '\u2028',
  '\u202e',
  '\0',
  '\ud800',
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({unit: 'binary', maxLength: 3})), {maxLength: 6})
  .map((parts) => parts.join(''));

describe('renderPage', () => {
  it('lets no text of a record, a manifest or a path break out of its place', () => {
    const tags = tagsOf(render('plain'));
    expect(tags.length).toBeGreaterThan(100);
    fc.assert(
      fc.property(hostileText, (text) => {
        // What is empty or a file's name may be left out; everything else stands where a plain text stands.
        expect(tagsOf(render(`a${text}`))).toEqual(tags);
      }),
    );
  });

  it('hands every text to the script as it was', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const blocks = [...render(text).matchAll(/<script type="application\/json" class="texts">([^<]*)</g)];
        const texts = blocks.flatMap(([, json = '']) => JSON.parse(json) as RowTexts[]);
        expect(texts).toEqual([
          [1, [[text, text]]],
          [0, [[text, text]]],
        ]);
      }),
    );
  });

  it('allows its own script and style by their hashes, and nothing else', () => {
    // printf %s 'start()' | openssl dgst -sha256 -binary | base64; the same of the style.
    const policy = /Content-Security-Policy" content="([^"]*)"/
      .exec(render('a'))?.[1]
      ?.replaceAll('&#39;', "'");
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='",
      "style-src 'sha256-p0bF+un5yUb9MBO6xRb8kPHlY2BdpHVtLiFkDrZPF64='",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(render('a')).toContain('<style>p{color:red}</style>');
    expect(render('a')).toContain('<script>start()</script>');
  });

  it('refuses a script that would end before its end', () => {
    const pieces = renderPage(
      reportWith('a'),
      {style: '', script: '"</script>"'},
      {bytes: 0, rows: 0, rowsWithTexts: 0},
    );
    expect(() => [...pieces]).toThrow('would end early');
  });

  it('counts its bytes and never has more than it may, but for the numbers', () => {
    const content = {bytes: 0, rows: 0, rowsWithTexts: 0};
    const page = [...renderPage({...reportWith('ä'), mostBytes: 1}, assets, content)].join('');
    expect(content).toEqual({bytes: Buffer.byteLength(page), rows: 2, rowsWithTexts: 0});
    expect(page).toContain('The texts of 0 of 2 rollouts are in this page');
  });
});
