import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createMetricsFold} from '../../src/metrics/metrics-fold.ts';
import {toMarkdownCode, toMarkdownText} from '../../src/report/markdown-text.ts';
import {fitMarkdown, renderMarkdown} from '../../src/report/render-markdown.ts';
import {workFacts} from '../../src/report/render-summary-text.ts';
import {busySummary} from './summary-example.ts';

const hostile =
  '<img src=x onerror=alert(1)> [a](http://evil) @everyone #1 `|` ![](x) ::error::x ##vso[y] $x$';

describe('renderMarkdown', () => {
  it('shows what came of it, agents, work and failures as tables', () => {
    const fold = createMetricsFold();
    for (const taskIndex of [0, 1]) {
      const id = {taskIndex, rolloutIndex: 0};
      fold.add({id, agentName: 'math', numbers: new Map([['reward', taskIndex]]), unparsedVerdicts: 0});
    }
    const text = renderMarkdown({
      outcome: 'failed',
      headline: '2 rollouts completed',
      notes: ['Exit code 3.'],
      gates: [],
      tables: fold.tables(),
      facts: workFacts(busySummary),
      failures: busySummary.failures,
    });
    expect(text).toMatch(/^### ❌ rollcall: 2 rollouts completed\n\nExit code 3\.\n\n\| agent /);
    expect(text).toContain('| `math` | 2 | 0.500 | -5.853 to 6.853 | 1 of 2 (50.0 %) |');
    expect(text).toContain(
      '| policy | 1,961 calls, p50 812 ms, p95 2.4 s, p99 5.2 s<br>1,204,332 tokens in (',
    );
    expect(text).toContain(
      '| 3 | `ERR_JUDGE_CALL` | `the judge could not be asked: HTTP 500 Internal` | – |',
    );
  });
});

describe('foreign text in Markdown', () => {
  it('is one piece of code, in which nothing starts anything', () => {
    expect(toMarkdownText(hostile, 400)).toBe(
      "`<img src=x onerror=alert(1)> [a](http: //evil) @everyone #1 '¦' ![](x) : :error: :x # #vso[y] $x$`".replace(
        'http: //',
        'http://',
      ),
    );
  });

  it('stays within its cell and its line, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        for (const cell of [toMarkdownCode(text, 100), toMarkdownText(text, 100)]) {
          expect(cell).not.toMatch(/[|\r\n\p{Cc}\p{Cs}]|##|::/u);
          if (!cell.startsWith('`')) expect(cell).not.toMatch(/[<>&@#$*_[\]\\/~`]/);
          else expect(cell.slice(1, -1)).not.toContain('`');
        }
      }),
    );
  });
});

describe('fitMarkdown', () => {
  it('leaves what fits, and cuts the rest between lines with a sentence', () => {
    expect(fitMarkdown('a\nb\n', 4)).toBe('a\nb\n');
    const cut = fitMarkdown(`${'é'.repeat(50)}\n${'x'.repeat(100)}\n`, 190);
    expect(cut).toBe(`${'é'.repeat(50)}\n\n_The rest is cut: GitHub takes 1 MiB of summary a step._\n`);
    expect(fitMarkdown('x'.repeat(100), 20)).toBe('');
  });

  it('never takes more than there is room for', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', maxLength: 400}), fc.nat(300), (text, bytes) => {
        expect(Buffer.byteLength(fitMarkdown(text, bytes))).toBeLessThanOrEqual(bytes);
      }),
    );
  });
});
