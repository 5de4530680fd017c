import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {BatchBuffer} from '../../src/runtime/batch-buffer.ts';

describe('a batch buffer', () => {
  it('encodes lines as they would be one by one, for all texts, over and over', () => {
    const buffer = new BatchBuffer();
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary'}), {minLength: 1}), (lines) => {
        expect(buffer.encode(lines).toString('hex')).toBe(
          Buffer.from(lines.map((line) => `${line}\n`).join('')).toString('hex'),
        );
      }),
    );
  });

  it('takes batches that are larger than itself', () => {
    const line = 'ü'.repeat(400_000);
    const bytes = new BatchBuffer().encode([line, 'end']);
    expect(bytes.equals(Buffer.from(`${line}\nend\n`))).toBe(true);
  });
});
