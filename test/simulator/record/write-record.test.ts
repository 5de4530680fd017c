import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {ExchangeRecord} from '../../../src/simulator/record/exchange-record.ts';
import {writeRecord} from '../../../src/simulator/record/write-record.ts';
import {readRecord} from '../../../src/simulator/replay/read-record.ts';

const json = fc.json().map((text) => Buffer.from(text));
const bytes = fc.uint8Array({minLength: 1}).map((array) => Buffer.from(array));
const text = fc.string({unit: 'binary', minLength: 1}).map((each) => Buffer.from(each));
const compact = fc.jsonValue().map((value) => Buffer.from(JSON.stringify({value, list: [value]})));
const body = fc.oneof(json, bytes, text, compact);
const chunk = fc.record({ms: fc.nat(), bytes: body});
const headerText = fc.string({unit: fc.constantFrom('a', ':', ' ', ',', '=', '"', '-', 'é', '\t', '0')});
const record: fc.Arbitrary<ExchangeRecord> = fc.record({
  request: fc.record({
    method: fc.constantFrom('GET', 'POST'),
    path: fc.webPath().map((path) => `/${path}`),
    query: fc.webQueryParameters(),
    contentType: fc.option(headerText, {nil: undefined}),
    body: fc.oneof(body, fc.constant(Buffer.alloc(0))),
  }),
  reply: fc.option(
    fc.record({
      status: fc.integer({min: 200, max: 599}),
      statusText: fc.option(fc.constant('model_error'), {nil: undefined}),
      headers: fc
        .tuple(fc.constantFrom('application/json', 'text/event-stream; charset=utf-8'), headerText)
        .map(([type, value]) => ['x-one', value, 'Content-Type', type, 'x-one', '']),
      headersMs: fc.nat(),
      chunks: fc.array(chunk, {maxLength: 4}),
      ending: fc.constantFrom('end' as const, 'cut' as const),
    }),
    {nil: undefined},
  ),
});

const replyOf = (chunks: readonly string[], type = 'application/json'): ExchangeRecord => ({
  request: {method: 'POST', path: '/x', query: '', contentType: undefined, body: Buffer.from('{"a":1}')},
  reply: {
    status: 200,
    statusText: undefined,
    headers: ['content-type', type],
    headersMs: 1,
    chunks: chunks.map((each, at) => ({ms: at + 2, bytes: Buffer.from(each)})),
    ending: 'end',
  },
});

describe('a record', () => {
  it('is read as it was written, to the byte', () => {
    fc.assert(
      fc.property(record, (written) => {
        expect(readRecord(writeRecord(written), 'x.json')).toEqual({record: written});
      }),
      {numRuns: 500},
    );
  });

  it('shows JSON as JSON, and each event of a stream on a line', () => {
    expect(writeRecord(replyOf(['{"id":"x","list":[1,2,3]}'])).split('\n')).toEqual([
      '{',
      '  "rollcall_record": 1,',
      '  "request": {"method": "POST", "path": "/x", "body": {"json": {"a": 1}}},',
      '  "response": {',
      '    "status": 200,',
      '    "headers_ms": 1,',
      '    "headers": ["content-type: application/json"],',
      '    "body_ms": 2,',
      '    "body": {"json": {"id": "x", "list": [1, 2, 3]}},',
      '    "ending": "end"',
      '  }',
      '}',
      '',
    ]);
    const stream = writeRecord(replyOf(['data: 1\n\n', 'data: 2\n\ndata: 3\n\n'], 'text/event-stream'));
    expect(stream).toContain('"stream": [\n      {"ms": 2, "text": "data: 1\\n\\n"},\n');
    expect(stream).toContain('{"ms": 3, "text": ["data: 2\\n\\n", "data: 3\\n\\n"]}');
  });

  it.each([
    ['spaces', '{"a": 1}'],
    ['a number that JavaScript would write otherwise', '{"a":1.0}'],
    ['an integer beyond 2^53', '{"a":9007199254740993}'],
    ['a key that comes twice', '{"a":1,"a":2}'],
    ['keys that would change places', '{"b":1,"1":2}'],
    ['no end to its nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('shows as text what as JSON would not keep %s', (_, body) => {
    const written = writeRecord(replyOf([body]));
    expect(written).toContain('{"text": ');
    expect(readRecord(written, 'x.json')).toMatchObject({record: replyOf([body])});
  });

  it('holds nothing that a terminal acts upon', () => {
    const hostile = '\u001b[31m\u0007\u007f\u009b31m\u202e';
    for (const type of ['text/event-stream', 'application/json'])
      expect(writeRecord(replyOf([hostile, JSON.stringify({hostile})], type))).toMatch(
        /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]*$/,
      );
  });
});
