import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {provenanceOf} from '../../src/core/provenance.ts';
import type {CompletedOutcome, Verification} from '../../src/core/rollout.ts';
import {factsOfOutcome, factsOfRecord} from '../../src/metrics/rollout-facts.ts';

const response: JsonObject = {
  object: 'response',
  usage: {input_tokens: 7, output_tokens: 3, total_tokens: 10, output_tokens_details: {reasoning_tokens: 1}},
};
const trace = {deployment: 'd', calls: 1, queuedMs: 0, callMs: 1};
const verification: Verification = {
  reward: 0.5,
  fields: {judge_evaluations: [{verdict_label: null}, {verdict_label: '[[A=B]]'}]},
  traces: [trace],
};

function outcomeOf(row: JsonObject, extra: Partial<CompletedOutcome> = {}, attempt = 1): CompletedOutcome {
  const id = {taskIndex: 3, rolloutIndex: 1};
  const whole = {...row, agent_ref: {name: 'math'}, _ng_task_index: 3, _ng_rollout_index: 1};
  const rollout = {id, agentName: 'math', attempt, row: whole, text: JSON.stringify(whole)};
  return {status: 'completed', rollout, response, trace, verification, judgeMs: 1, ...extra};
}

describe('factsOfRecord', () => {
  it('takes the reward, the usage, then the other numbers of the top level, booleans as 0 and 1', () => {
    const facts = factsOfRecord({
      level: 4,
      hard: true,
      easy: false,
      name: 'x',
      none: null,
      list: [1],
      nested: {n: 1},
      expected_answer: 12,
      response,
      reward: 1,
      agent_ref: {name: 'math'},
      _ng_task_index: 3,
      _ng_rollout_index: 1,
      _ng_attempt_index: 2,
    });
    expect([...facts.numbers]).toEqual([
      ['reward', 1],
      ['input_tokens', 7],
      ['output_tokens', 3],
      ['total_tokens', 10],
      ['level', 4],
      ['hard', 1],
      ['easy', 0],
      ['_ng_attempt_index', 2],
    ]);
    expect(facts).toMatchObject({
      id: {taskIndex: 3, rolloutIndex: 1},
      agentName: 'math',
      unparsedVerdicts: 0,
    });
  });

  it("lets the usage win over a row's number of the same name", () => {
    const facts = factsOfRecord({
      input_tokens: 99,
      reward: 1,
      response: {usage: {input_tokens: 7, reward: 5}},
    });
    expect([...facts.numbers]).toEqual([
      ['input_tokens', 7],
      ['reward', 5],
    ]);
  });

  it('takes an index that is missing for 0, as NeMo Gym does, and does without usage', () => {
    expect(factsOfRecord({reward: 1, response: {usage: null}})).toEqual({
      id: {taskIndex: 0, rolloutIndex: 0},
      agentName: '',
      numbers: new Map([['reward', 1]]),
      unparsedVerdicts: 0,
    });
  });

  it('counts verdicts without a label', () => {
    expect(
      factsOfRecord({judge_evaluations: [{verdict_label: null}, {verdict_label: 'x'}, {}, null]})
        .unparsedVerdicts,
    ).toBe(1);
  });
});

describe('factsOfOutcome', () => {
  const recordRow: JsonObject = {
    reward: 1,
    judge_evaluations: [{verdict_label: null}],
    _ng_attempt_index: 1,
    level: 2,
  };

  // The record that each outcome is written as; that the store writes these is its own tests' to show.
  it.each<[string, CompletedOutcome, JsonObject]>([
    [
      'a judged rollout',
      outcomeOf({level: 4, hard: true, expected_answer: 12}),
      {level: 4, hard: true, expected_answer: 12, reward: 0.5, ...verification.fields},
    ],
    ['one that is not judged', outcomeOf({level: 4}, {verification: undefined}), {level: 4}],
    ['a later attempt', outcomeOf({}, {}, 3), {reward: 0.5, ...verification.fields, _ng_attempt_index: 2}],
    ['a row that was a record', outcomeOf(recordRow), {level: 2, reward: 0.5, ...verification.fields}],
    [
      'a row that was a record, not judged again',
      outcomeOf(recordRow, {verification: undefined}),
      {level: 2},
    ],
    [
      'a row with a number called as one of the usage',
      outcomeOf({total_tokens: 1}),
      {total_tokens: 1, reward: 0.5, ...verification.fields},
    ],
  ])('agrees with the record of %s', (_name, outcome, record) => {
    const written = {
      ...record,
      response,
      agent_ref: {name: 'math'},
      _ng_task_index: 3,
      _ng_rollout_index: 1,
      _rollcall: provenanceOf(outcome),
    };
    const [facts, fromRecord] = [factsOfOutcome(outcome), factsOfRecord(written)];
    expect(facts).toEqual(fromRecord);
    expect([...facts.numbers.keys()].sort()).toEqual([...fromRecord.numbers.keys()].sort());
  });
});
