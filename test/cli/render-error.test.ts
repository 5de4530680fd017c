import {describe, expect, it} from 'vitest';
import {exitCodeOf, renderError} from '../../src/cli/render-error.ts';
import {CallError, RollcallError} from '../../src/core/errors.ts';

describe('an error for people', () => {
  it('says what is wrong, where each problem is, and what to do', () => {
    const error = new RollcallError('the input has bad rows', {
      code: 'ERR_DATASET',
      fault: 'dataset',
      problems: [
        {message: 'not valid JSON', file: 'in.jsonl', line: 7, column: 3, hint: 'Mend it.\nOr take it out.'},
        {message: 'missing value', path: 'policy_model.x'},
      ],
      hint: 'Nothing was sent.',
    });
    expect(renderError(error)).toEqual({
      text: [
        'Error: the input has bad rows',
        '  • in.jsonl:7:3: not valid JSON',
        '    → Mend it.',
        '      Or take it out.',
        '  • policy_model.x: missing value',
        '  → Nothing was sent.',
        '',
      ].join('\n'),
      exitCode: 2,
    });
  });

  it('shows the stack of a bug, asks to report it, and takes secrets out', () => {
    const {text, exitCode} = renderError(new TypeError('x is canary'), (line) =>
      line.replaceAll('canary', '****'),
    );
    expect(text).toMatch(/bug in rollcall.*TypeError: x is \*{4}\n\s+at /s);
    expect(exitCode).toBe(1);
  });

  it('lets no escape sequence through', () => {
    const error = new RollcallError('model says \u001B[2Jhello', {code: 'ERR_X', fault: 'model'});
    expect(renderError(error).text).toBe('Error: model says hello\n');
  });

  it.each([
    {name: 'a bad configuration', error: {code: 'ERR_CONFIG', fault: 'config'}, exitCode: 2},
    {name: 'a bad row', error: {code: 'ERR_DATASET', fault: 'dataset'}, exitCode: 2},
    {name: "another run's output", error: {code: 'ERR_OUTPUT_MISMATCH', fault: 'store'}, exitCode: 2},
    {name: 'a full disk', error: {code: 'ERR_STORE_WRITE', fault: 'store'}, exitCode: 5},
    {name: 'a bug that was recognised', error: {code: 'ERR_INTERNAL', fault: 'internal'}, exitCode: 1},
  ] as const)('ends the program with $exitCode for $name', ({error, exitCode}) => {
    expect(exitCodeOf(new RollcallError('no', error))).toBe(exitCode);
  });

  it.each([
    {name: 'a refused key', about: {effect: 'run'}, exitCode: 2},
    {name: 'an endpoint out of reach', about: {effect: 'retry', unreachable: true}, exitCode: 75},
    {name: 'a quota that is gone', about: {effect: 'run', throttled: true}, exitCode: 75},
  ] as const)('ends the program with $exitCode for $name', ({about, exitCode}) => {
    expect(exitCodeOf(new CallError('no', {code: 'ERR_MODEL_X', fault: 'model', ...about}))).toBe(exitCode);
  });
});
