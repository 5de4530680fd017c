import {describe, expect, it} from 'vitest';
import {outputPaths} from '../../src/store/output-paths.ts';

describe('outputPaths', () => {
  it.each([
    ['results/rollouts.jsonl', 'results/rollouts'],
    ['x.y.jsonl', 'x.y'],
    ['rollouts', 'rollouts'],
    ['/a.b/rollouts', '/a.b/rollouts'],
    ['.jsonl', '.jsonl'],
  ])('puts the files of %s beside it', (output, stem) => {
    expect(outputPaths(output)).toEqual({
      output,
      failures: `${stem}_failures.jsonl`,
      materialized: `${stem}_materialized_inputs.jsonl`,
      manifest: `${stem}_manifest.json`,
      metrics: `${stem}_aggregate_metrics.json`,
      chain: `${stem}_chain.jsonl`,
      dispatched: `${stem}_dispatched.jsonl`,
      lock: `${stem}_output.lock`,
    });
  });

  it.each(['', 'results/', 'out.jsonl.gz', 'out.zst'])('refuses %j', (output) => {
    expect(() => outputPaths(output)).toThrow(expect.objectContaining({code: 'ERR_USAGE', fault: 'usage'}));
  });
});
