import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseExactJson} from '../../../src/core/exact-json.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import {cut, textsOfRecord} from '../../../src/report/html/record-texts.ts';

const message = (role: string, text: string): JsonObject => ({
  type: 'message',
  role,
  content: [{type: 'output_text', text}],
});

describe('textsOfRecord', () => {
  it('gives what people read, and the row’s other members as they are', () => {
    const record = parseExactJson(
      JSON.stringify({
        responses_create_params: {input: [{role: 'user', content: 'Who?'}], temperature: 0.5},
        expected_answer: 'Ann',
        serial: 0,
        response: {model: 'm', output: [message('assistant', 'Bob')], usage: {output_tokens: 1}},
        reward: 0,
        judge_evaluations: [
          {verdict_label: '[[A!=B]]', response: {output: [message('assistant', 'They differ.')]}},
          {verdict_label: null, response: {output: [message('assistant', 'Hm.')]}},
        ],
        _rollcall: {attempt: 1, deployment: 'gpt', request_id: null},
      }).replace('"serial":0', '"serial":9007199254740993'),
    ) as JsonObject;
    expect(textsOfRecord(record, 1000)).toEqual([
      ['Question', 'Who?'],
      ['Answer', 'Bob'],
      ['Expected answer', 'Ann'],
      ['Judge', 'They differ.\n[verdict: [[A!=B]]]\n\nHm.\n[verdict: no label found]'],
      ['Provenance', 'attempt: 1\ndeployment: gpt\nmodel: m\noutput_tokens: 1'],
      ['Other members of the row', 'responses_create_params: {"temperature":0.5}\nserial: 9007199254740993'],
    ]);
  });

  it('tells who said what where there is more than one message', () => {
    const input = [
      {role: 'system', content: 'Be brief.'},
      {
        role: 'user',
        content: [
          {type: 'input_text', text: 'Sum?'},
          {type: 'input_image', image_url: 'data:'},
        ],
      },
    ];
    const output = [
      {type: 'reasoning', summary: [{type: 'summary_text', text: 'Use the tool.'}]},
      {type: 'function_call', name: 'add', arguments: '{"a":1}'},
      {type: 'function_call_output', output: '2'},
      message('assistant', 'Two.'),
    ];
    const [question, answer] = textsOfRecord({responses_create_params: {input}, response: {output}}, 1000);
    expect(question).toEqual(['Question', '[system]\nBe brief.\n\n[user]\nSum?\n[input_image]']);
    expect(answer).toEqual([
      'Answer',
      '[reasoning]\nUse the tool.\n\n[calls add]\n{"a":1}\n\n[tool result]\n2\n\n[assistant]\nTwo.',
    ]);
  });

  it('begins with the failure of a failed attempt', () => {
    const failure = {code: 'ERR_MODEL_TIMEOUT', message: 'late', hint: null, http_status: 504};
    const [first] = textsOfRecord({_ng_failure_class: 'agent_request_failed', _ng_failure: failure}, 1000);
    expect(first).toEqual(['Failure', 'agent_request_failed\nERR_MODEL_TIMEOUT\nlate\nhttp_status: 504']);
  });
});

describe('cut', () => {
  it('says how much of the middle is left out, keeps both ends, and cuts no character in two', () => {
    fc.assert(
      fc.property(
        fc.string({unit: 'grapheme-composite', maxLength: 60}),
        fc.integer({min: 1, max: 40}),
        (text, most) => {
          const [, start, leftOut = 0, end = ''] = cut('x', text, most);
          expect(start.length + leftOut + end.length).toBe(text.length);
          expect(text.startsWith(start) && text.endsWith(end)).toBe(true);
          expect(`${start}${end}`).not.toMatch(/\p{Cs}/u);
          if (leftOut > 0) expect(start.length + end.length).toBeLessThanOrEqual(most + 2);
        },
      ),
    );
  });
});
