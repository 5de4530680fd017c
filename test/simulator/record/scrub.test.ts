import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Chunk} from '../../../src/simulator/record/exchange-record.ts';
import {createScrubber} from '../../../src/simulator/record/scrub.ts';

const chunk = (text: string, ms = 0): Chunk => ({ms, bytes: Buffer.from(text)});
const textsOf = (chunks: readonly Chunk[]): readonly string[] => chunks.map(({bytes}) => bytes.toString());

describe('a scrubber', () => {
  it.each([
    {name: 'as it is', text: 'key=secret-1!', out: 'key=****!'},
    {name: 'within a word', text: 'xsecret-1x', out: 'x****x'},
    {name: 'twice', text: 'secret-1secret-1', out: '********'},
    {name: 'the longer one of two', text: 'secret-1-long', out: '****'},
    {name: 'as JSON writes it', text: '"a\\"quote"', out: '"****"'},
    {name: 'as a URL writes it', text: '?x=a%22quote', out: '?x=****'},
    {name: 'among special characters', text: 'a.b*c(d)', out: '****'},
    {name: 'but not what it looks like', text: 'a.bxc(d)', out: 'a.bxc(d)'},
  ])('masks a secret $name', ({text, out}) => {
    const scrubber = createScrubber(['secret-1', 'secret-1-long', 'a"quote', 'a.b*c(d)']);
    expect(scrubber.text(text)).toBe(out);
    expect(scrubber.bytes(Buffer.from(text)).toString()).toBe(out);
  });

  it.each([
    {name: 'within one', chunks: ['a SECRET b', 'c'], out: ['a **** b', 'c']},
    {name: 'over a boundary', chunks: ['a SEC', 'RET b'], out: ['a ****', ' b']},
    {name: 'over three', chunks: ['a S', 'ECRE', 'T b'], out: ['a ****', ' b']},
    {name: 'two, one over a boundary', chunks: ['SECRET SEC', 'RET', 'SECRET'], out: ['**** ****', '****']},
    {name: 'none', chunks: ['a', 'b'], out: ['a', 'b']},
  ])('keeps the boundaries of chunks: $name', ({chunks, out}) => {
    const scrubbed = createScrubber(['SECRET']).chunks(chunks.map((text) => chunk(text)));
    expect(textsOf(scrubbed)).toEqual(out);
  });

  it('gives each chunk its own time', () => {
    const scrubbed = createScrubber(['SECRET']).chunks([chunk('SEC', 1), chunk('RET', 2), chunk('x', 3)]);
    expect(scrubbed.map(({ms}) => ms)).toEqual([1, 3]);
  });

  it('masks every secret and no other byte, wherever the chunks are cut', () => {
    const secrets = ['sk-1234567', 'hunter2-hunter2'];
    const piece = fc.oneof(fc.constantFrom(...secrets), fc.string({unit: 'binary'}));
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat({max: 200})), (pieces, cuts) => {
        fc.pre(!/sk-1234567|hunter2-hunter2/.test(pieces.filter((each) => !secrets.includes(each)).join('')));
        const whole = Buffer.from(pieces.join(''));
        const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = ends.map((end, at) => ({ms: at, bytes: whole.subarray(ends[at - 1] ?? 0, end)}));
        const scrubbed = createScrubber(secrets).chunks(chunks);
        const expected = secrets.reduce((text, secret) => text.replaceAll(secret, '****'), whole.toString());
        expect(Buffer.concat(scrubbed.map(({bytes}) => bytes)).toString()).toBe(expected);
      }),
    );
  });
});
