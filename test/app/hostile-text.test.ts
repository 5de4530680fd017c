import {describe, expect, it} from 'vitest';
import {asJsonObject, type JsonObject} from '../../src/core/json.ts';
import {collectWithFaults, type RowEnd} from './faulty-run.ts';

const texts: readonly (readonly [name: string, text: string])[] = [
  ['terminal escapes', '\u001b[2J\u001b]0;title\u0007\u009b31m\r\n\u202edrowkcab'],
  ['control characters', '\u0000\u0001\u001f\u007f\u0085 and a tab\t.'],
  ['lone surrogates', 'high \ud800, low \udc00, swapped \udc00\ud800'],
  ['line separators', 'one\u2028two\u2029three\ufeff'],
  ['what looks like a stream', 'data: [DONE]\n\ndata: {"error":{"message":"no"}}\n\n'],
  ['what looks like a record', '"}\n{"_ng_task_index":0,"reward":1}\n'],
];

/** A judged run of one row, whose policy says `text` and whose row holds it too, by way of a reply of the test's own. */
async function collectText(
  text: string,
  {stream = false, row = {}}: {stream?: boolean; row?: JsonObject} = {},
) {
  const body = {
    ...{id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm'},
    choices: [{index: 0, finish_reason: 'stop', logprobs: null, message: {role: 'assistant', content: text}}],
    usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2},
  };
  const fault: JsonObject = {kind: 'status', code: 200, body};
  const {end, rows} = await collectWithFaults({faults: [fault], place: 'policy', stream, row});
  expect(end).toBe('complete');
  return rows[0] ?? fail();
}

function fail(): never {
  throw new Error('no row');
}

const textOf = ({record, failure}: RowEnd): unknown => {
  const response = asJsonObject((record ?? failure)?.['response']);
  return (response as {output?: [{content?: [{text?: string}]}]} | undefined)?.output?.[0].content?.[0].text;
};

describe('hostile text', () => {
  it.each(texts)('in an answer and in a row is kept as it is: %s', async (_, text) => {
    const ended = await collectText(text, {row: {note: text, [`key ${text.slice(0, 50)}`]: 1}});
    expect(textOf(ended) === text).toBe(true);
    expect(ended.record?.['note'] === text).toBe(true);
    expect(ended.record).toMatchObject({reward: 1});
  });

  it('of megabytes is kept, though no judge can read it', async () => {
    const text = '\u001b[31m✗'.repeat(160_000);
    const ended = await collectText(text, {row: {note: text}});
    expect(textOf(ended) === text).toBe(true);
    expect(ended.failure?.['note'] === text).toBe(true);
    expect(ended.failure).toMatchObject({
      _ng_failure: {code: 'ERR_JUDGE_CALL', message: expect.stringContaining('context_length') as string},
    });
  });

  it.each([
    ['__proto__ keys', '{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}'],
    ['nearly two hundred levels', `${'{"a":['.repeat(95)}${']}'.repeat(95)}`],
  ])('in what a row says besides its prompt is kept as it is: %s', async (_, text) => {
    const ended = await collectText('yes', {row: {extra: JSON.parse(text) as JsonObject}});
    expect(JSON.stringify(ended.record?.['extra'])).toBe(text);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([false, true])(
    'is a clear failure where a reply is nested without end, stream: %s',
    async (stream) => {
      const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
      const content = `[{"type":"output_text","text":"a","annotations":[],"more":${deep}}]`;
      const item = `{"type":"message","id":"m","role":"assistant","content":${content}}`;
      const body = `{"object":"response","status":"completed","output":[${item}]}`;
      const {end, rows} = await collectWithFaults({
        faults: [{kind: 'status', code: 200, body, headers: {'content-type': 'application/json'}}],
        ...{place: 'policy', stream, api: 'responses'},
      });
      expect(end).toBe('complete');
      expect(rows[0]?.record).toBeUndefined();
      expect(rows[0]?.failure).toMatchObject({_ng_failure: {code: 'ERR_MODEL_MALFORMED'}});
    },
  );

  it('in an error reaches nobody as it is', async () => {
    const message = '\u001b[2Jno\u0007\r\nway \u202e\u2028';
    const fault = {kind: 'status', code: 500, body: {error: {message, code: '\u001b]0;x\u0007'}}};
    const {rows} = await collectWithFaults({faults: [fault], place: 'policy', stream: false});
    const {_ng_failure: failure} = rows[0]?.failure ?? {};
    expect(JSON.stringify(failure)).toMatch(/no.*way/);
    expect((failure as {message: string}).message).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  });
});
