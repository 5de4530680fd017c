import {describe, expect, it} from 'vitest';
import {RollcallError} from '../../src/core/errors.ts';
import type {EquivalenceJudgeSettings} from '../../src/judge/judge-settings.ts';
import {prepareJudgeSettings, questionableJudgeSettings} from '../../src/judge/prepare-judge-settings.ts';

const settings = (extra: Partial<EquivalenceJudgeSettings> = {}): EquivalenceJudgeSettings => ({
  judgeResponsesCreateParams: {},
  judgePromptTemplate: '{question} {expected_answer} {generated_answer}',
  ...extra,
});

function problemsOf(extra: Partial<EquivalenceJudgeSettings>): readonly (string | undefined)[] {
  try {
    prepareJudgeSettings(settings(extra));
  } catch (error) {
    expect(error).toMatchObject({code: 'ERR_CONFIG', fault: 'config'});
    return (error as RollcallError).problems.map(({path, message}) => `${path ?? ''}: ${message}`);
  }
  return [];
}

describe('prepareJudgeSettings', () => {
  it("fills in the defaults of NeMo Gym's code", () => {
    expect(prepareJudgeSettings(settings())).toMatchObject({
      labels: {equal: '[[A=B]]', notEqual: '[[A!=B]]'},
      msgExtractionFailure: '[NO VALID ANSWER EXTRACTED]',
      checkTwiceSwap: false,
      rewardIfSwapFails: 0,
      usePerRecordRegex: true,
      extractionLengthThreshold: 120,
      checkFullGenerationOnFail: true,
      rewardIfFullGenerationSucceeds: 0.5,
      judgeUnparsed: 'wrong',
      verdictPosition: 'first',
      questionPattern: undefined,
      responsePattern: undefined,
    });
  });

  it('takes undefined for not given, and null for no threshold', () => {
    expect(
      prepareJudgeSettings(settings({judgeEqualLabel: undefined, extractionLengthThreshold: null})),
    ).toMatchObject({
      labels: {equal: '[[A=B]]'},
      extractionLengthThreshold: null,
    });
  });

  it.each<[string, Partial<EquivalenceJudgeSettings>, RegExp[]]>([
    [
      'equal labels',
      {judgeEqualLabel: 'X', judgeNotEqualLabel: 'X'},
      [/^judge_not_equal_label: is the same as judge_equal_label/],
    ],
    [
      'empty labels',
      {judgeEqualLabel: '', judgeNotEqualLabel: ''},
      [/^judge_equal_label: is empty/, /^judge_not_equal_label: is empty/],
    ],
    [
      'patterns that cannot be used',
      {questionExtractRegex: '(', responseExtractRegex: 'a++'},
      [/^question_extract_regex: "\("/, /^response_extract_regex: "a\+\+"/],
    ],
    [
      'unknown fields and a missing answer',
      {judgePromptTemplate: '{answer}'},
      [/\{answer\}, which a judge does not know/, /\{generated_answer\} is missing/],
    ],
    [
      'a template that is none',
      {judgePromptTemplate: 'a { b'},
      [/^judge_prompt_template: the template has a single \{/],
    ],
    [
      'all at once',
      {judgeEqualLabel: '', responseExtractRegex: '(', judgePromptTemplate: '{'},
      [/judge_equal_label/, /response_extract_regex/, /judge_prompt_template/],
    ],
  ])('names %s', (_name, extra, expected) => {
    const problems = problemsOf(extra);
    expect(problems).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
  });

  it.each<[string, Partial<EquivalenceJudgeSettings>, number]>([
    ['nothing of the shipped labels', {}, 0],
    [
      'nothing of labels of which one ends as the other',
      {judgeEqualLabel: 'CORRECT', judgeNotEqualLabel: 'INCORRECT'},
      0,
    ],
    ['labels that begin alike', {judgeEqualLabel: 'SAME', judgeNotEqualLabel: 'SAME NOT'}, 1],
    ['labels of a letter', {judgeEqualLabel: 'A', judgeNotEqualLabel: 'B'}, 1],
  ])('warns about %s', (_name, extra, count) => {
    expect(questionableJudgeSettings(prepareJudgeSettings(settings(extra)))).toHaveLength(count);
  });
});
