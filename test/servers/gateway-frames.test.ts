import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {FrameCutter} from '../../src/servers/gateway-frames.ts';

describe('cutting a stream behind whole frames', () => {
  it('passes chunks that end with a frame as they are', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
    expect(new FrameCutter().push(chunk)).toEqual(chunk);
  });

  it.each([
    ['\n\n', ['data: 1\n', '\ndata: 2']],
    ['\r\n\r\n', ['data: 1\r\n\r', '\ndata: 2']],
    ['\r\r', ['data: 1\r', '\rdata: 2']],
  ])('finds the end %j of a frame across chunks', (end, [one = '', two = '']) => {
    const cutter = new FrameCutter();
    expect(cutter.push(Buffer.from(one))).toBeUndefined();
    expect(String(cutter.push(Buffer.from(two)))).toBe(`data: 1${end}`);
    expect(String(cutter.rest())).toBe('data: 2');
    expect(cutter.rest()).toBeUndefined();
  });

  it('loses and adds nothing, and ends every piece but the last with a frame, however the bytes are cut', () => {
    const frame = fc.constantFrom(
      'data: {"é": 1}\n\n',
      ': note\r\n\r\n',
      'event: a\ndata: b\n\n',
      'id: 1\r\r',
    );
    fc.assert(
      fc.property(
        fc.array(frame),
        fc.string(),
        fc.array(fc.integer({min: 1, max: 12}), {minLength: 1}),
        (frames, tail, sizes) => {
          const bytes = Buffer.from(frames.join('') + tail);
          const cutter = new FrameCutter();
          const pieces: string[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const end = at + (sizes[turn % sizes.length] ?? 1);
            const piece = cutter.push(bytes.subarray(at, end));
            if (piece !== undefined) pieces.push(Buffer.from(piece).toString('latin1'));
            at = end;
          }
          for (const piece of pieces) expect(piece).toMatch(/(?:\n\n|\r\n\r\n|\r\r)$/);
          const rest = Buffer.from(cutter.rest() ?? []).toString('latin1');
          expect(pieces.join('') + rest).toBe(bytes.toString('latin1'));
        },
      ),
    );
  });
});
