import {stripVTControlCharacters} from 'node:util';
import {Chalk} from 'chalk';
import {describe, expect, it} from 'vitest';
import {renderSummaryText} from '../../src/report/render-summary-text.ts';
import {busySummary, summaryOf} from './summary-example.ts';

const files = [
  {label: 'rollouts', path: 'results/run one/rollouts.jsonl'},
  {label: 'failures', path: `results/${'very-long-folder/'.repeat(6)}rollouts_failures.jsonl`},
];

describe('renderSummaryText', () => {
  it('tells a busy run in aligned blocks', () => {
    expect(renderSummaryText(busySummary, files)).toMatchInlineSnapshot(`
      "✗ 1,940 rollouts completed, 12 failed, 48 done before

        mean reward   0.812 (95 % interval 0.788 to 0.837, 500 tasks)
        passed        1,610 of 1,988 (81.0 %)
        no verdict    3 judge answers without a label, counted as wrong

        time          4 min 05 s, 478 rollouts a minute
        policy        1,961 calls, p50 812 ms, p95 2.4 s, p99 5.2 s
                      1,204,332 tokens in (400,000 cached), 388,120 out (12,000
                      reasoning)
                      4 answers cut off at the token limit
                      2 answers cut off by the content filter
        judge         2,310 calls, p50 401 ms, p95 950 ms, p99 1.8 s
                      901,220 tokens in, 40,100 out
        cost          $7.55 (policy $7.39, judge $0.159); $0.181 before
        hedged        1,021 copies of calls broken off, which may cost $0.141 more

        9 × ERR_MODEL_CONTENT_FILTER
            HTTP 400: the prompt was refused by the content filter (violence: medium)
            Look at the rows in the failures file; the filter is set in the Azure
            portal.
        3 × ERR_JUDGE_CALL
            the judge could not be asked: HTTP 500 Internal

        rollouts      results/run one/rollouts.jsonl
        failures      results/very-long-folder/very-long-folder/very-long-folder/very-long-folder/very-long-folder/very-long-folder/rollouts_failures.jsonl

      Simulated: answers of this run came from a simulator. Its rewards say nothing
      about a model. Its cost is what the models would cost that were played.
      "
    `);
  });

  it('tells a small run in a few lines', () => {
    const small = summaryOf({
      completed: 1,
      policyCalls: 1,
      policyTokens: {input: 12, cached: 0, output: 3, reasoning: 0},
      wallMs: 480,
    });
    expect(renderSummaryText(small, [])).toMatchInlineSnapshot(`
      "✓ 1 rollout completed

        time          480 ms, 125 rollouts a minute
        policy        1 call
                      12 tokens in, 3 out
      "
    `);
  });

  it('keeps within 80 columns, but for paths, which stay whole', () => {
    const lines = renderSummaryText(busySummary, files).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([expect.stringContaining(files[1]!.path)]);
  });

  it('keeps within a narrow terminal too', () => {
    for (const line of renderSummaryText(busySummary, [], {width: 50}).split('\n').slice(1))
      expect(line.length).toBeLessThanOrEqual(50);
  });

  it('says the same with colours as without', () => {
    const colored = renderSummaryText(busySummary, files, {color: new Chalk({level: 1})});
    expect(colored).not.toBe(renderSummaryText(busySummary, files));
    expect(stripVTControlCharacters(colored)).toBe(renderSummaryText(busySummary, files));
  });

  it('makes foreign text harmless', () => {
    const hostile = summaryOf({
      failed: 1,
      failures: [
        {
          code: 'ERR\u001b[2J',
          fault: 'model',
          count: 1,
          message: 'a\u001b[2Jb\r\u202e',
          hint: '\u001b]0;title\u0007c',
        },
      ],
    });
    const text = renderSummaryText(hostile, [{label: '\u001b[5mx', path: 'a\u001b[8mb\n/c'}]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('cuts short a message that would fill the screen', () => {
    const failures = [
      {code: 'ERR_X', fault: 'model', count: 1, message: 'word '.repeat(500), hint: undefined},
    ];
    expect(renderSummaryText(summaryOf({failed: 1, failures}), []).split('\n').length).toBeLessThan(12);
  });

  it('says that it was simulated only when it was', () => {
    expect(renderSummaryText(summaryOf({isSimulated: true}), [])).toContain('Simulated:');
    expect(renderSummaryText(summaryOf(), [])).not.toContain('imulat');
  });
});
