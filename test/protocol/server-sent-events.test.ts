import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeEvents, EventDecoder, type ServerSentEvent} from '../../src/protocol/server-sent-events.ts';

function decode(...chunks: readonly (string | Uint8Array)[]): readonly ServerSentEvent[] {
  const decoder = new EventDecoder();
  const events = chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk as Uint8Array)));
  return [...events, ...decoder.end()];
}

describe('EventDecoder', () => {
  it.each([
    {name: 'a line feed', text: 'data: a\n\ndata: b\n\n'},
    {name: 'a carriage return', text: 'data: a\r\rdata: b\r\r'},
    {name: 'both', text: 'data: a\r\n\r\ndata: b\r\n\r\n'},
    {name: 'a mixture', text: 'data: a\r\n\ndata: b\r\r\n'},
  ])('takes $name as the end of a line', ({text}) => {
    expect(decode(text)).toEqual([{data: 'a'}, {data: 'b'}]);
  });

  it('keeps the event name, joins the lines of data and skips comments and ids', () => {
    const text = ': ping\nid: 4\nevent: response.created\ndata: one\ndata:two\n\n:\n\n';
    expect(decode(text)).toEqual([{event: 'response.created', data: 'one\ntwo'}]);
  });

  it('skips a byte order mark', () => {
    expect(decode('\uFEFFdata: a\n\n')).toEqual([{data: 'a'}]);
  });

  it.each([
    {name: '[DONE] without its empty line', tail: 'data: [DONE]', expected: [{data: '[DONE]'}]},
    {name: 'a whole object without its empty line', tail: 'data: {"a":1}\n', expected: [{data: '{"a":1}'}]},
    {name: 'a whole object that ends in half a CRLF', tail: 'data: {"a":1}\r', expected: [{data: '{"a":1}'}]},
  ])('counts $name at the end of the stream', ({tail, expected}) => {
    expect(decode(tail)).toEqual(expected);
  });

  it.each(['data: {"a":', 'data: {"a":"', 'data: tex', 'da', 'data: 12'])(
    'drops a frame cut in half: %s',
    (tail) => {
      expect(decode('data: a\n\n', tail)).toEqual([{data: 'a'}]);
    },
  );

  it('gives the same events wherever the bytes are cut', () => {
    const line = fc.constantFrom(
      'data: a',
      'data: {"ü":"😀"}',
      'event: x',
      ': c',
      'data',
      'id: 1',
      '\uFEFF',
      '',
    );
    const text = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), {maxLength: 12});
    fc.assert(
      fc.property(text, fc.array(fc.nat(120), {maxLength: 6}), (lines, cuts) => {
        const bytes = Buffer.from(lines.map(([content, end]) => content + end).join(''));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(decode(...chunks)).toEqual(decode(bytes));
      }),
    );
  });

  it('refuses a frame that does not end', () => {
    const decoder = new EventDecoder();
    const chunk = new Uint8Array(40 * 1024 * 1024).fill(97);
    decoder.push(chunk);
    expect(() => decoder.push(chunk)).toThrow(
      expect.objectContaining({code: 'ERR_MODEL_MALFORMED', effect: 'retry'}) as Error,
    );
  });
});

describe('decodeEvents', () => {
  it('yields events as the bytes arrive and what the end completes', async () => {
    const seen: string[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('data: a\n\ndata: '));
      expect(seen).toEqual(['a']);
      yield Buffer.from('b\n\ndata: [DONE]');
    }
    for await (const {data} of decodeEvents(body())) seen.push(data);
    expect(seen).toEqual(['a', 'b', '[DONE]']);
  });
});

describe('a frame that comes twice', () => {
  it.each([
    ['the same random filler', {choices: [], obfuscation: 'aB3dE6'}],
    ['the same number', {type: 'response.output_text.delta', sequence_number: 3, delta: 'ha'}],
  ])('counts once where it has %s', (_, frame) => {
    const text = `data: ${JSON.stringify(frame)}\n\n`;
    expect(decode(text, text, text)).toEqual(decode(text));
    const other = `data: ${JSON.stringify({...frame, more: 1})}\n\n`;
    expect(decode(text, other, text)).toHaveLength(3);
  });

  it.each([
    ['without filler', {choices: [{delta: {content: 'ha'}}]}],
    ['with filler that may be the same by chance', {choices: [{delta: {content: 'ha'}}], obfuscation: 'x'}],
    ['with words that look like filler', {choices: [{delta: {content: '"obfuscation":"aB3dE6"'}}]}],
  ])('may be what the model says twice, %s', (_, frame) => {
    const text = `data: ${JSON.stringify(frame)}\n\n`;
    expect(decode(text, text)).toHaveLength(2);
  });
});
