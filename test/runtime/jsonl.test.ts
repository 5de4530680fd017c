import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {itemsOf} from '../../src/core/batches.ts';
import {readLines} from '../../src/runtime/jsonl.ts';

describe('readLines', () => {
  it.each([
    ['', []],
    ['a', ['1 a']],
    ['a\n', ['1 a']],
    ['a\nb', ['1 a', '2 b']],
    ['a\r\nb\r\n', ['1 a', '2 b']],
    ['\n\na\n', ['1 ', '2 ', '3 a']],
    ['\ufeffa\n\ufeffb', ['1 a', '2 \ufeffb']],
    ['a\rb\n', ['1 a\rb']],
  ])('cuts %j into its lines', async (text, lines) => {
    expect(await linesOf([Buffer.from(text)])).toEqual(lines);
  });

  it('finds the same lines however the bytes are cut', async () => {
    const text = fc
      .array(fc.constantFrom('\n', '\r\n', 'x', 'ü', '{"a":1}', '\ufeff'))
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat({max: 6}), {minLength: 1}), async (whole, sizes) => {
        const bytes = Buffer.from(whole);
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = (sizes[turn % sizes.length] ?? 0) + 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await linesOf(chunks)).toEqual(await linesOf([bytes]));
      }),
    );
  });

  it('says where each line begins and whether it was ended', async () => {
    const found: unknown[] = [];
    for await (const {offset, ended} of itemsOf(
      readLines(stream([Buffer.from('\ufeffab\r\n\ncü')]), {file: 'x'}),
    )) {
      found.push([offset, ended]);
    }
    expect(found).toEqual([
      [0, true],
      [7, true],
      [8, false],
    ]);
  });

  it('takes a line as long as the limit', async () => {
    expect(await linesOf([Buffer.from('abcd\nx')], 4)).toEqual(['1 abcd', '2 x']);
  });

  it('refuses a longer line by its number, without waiting for its end', async () => {
    const endless = (async function* () {
      yield Buffer.from('ok\n');
      for (;;) yield await Promise.resolve(Buffer.alloc(1000, 'x'));
    })();
    await expect(linesOf(endless, 1024 * 1024)).rejects.toMatchObject({
      code: 'ERR_DATASET',
      fault: 'dataset',
      message: 'rows.jsonl: line 2 is longer than 1 MiB',
      problems: [{file: 'rows.jsonl', line: 2}],
    });
  });
});

async function linesOf(
  chunks: readonly Buffer[] | AsyncGenerator<Buffer>,
  maxLineBytes?: number,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const {line, bytes} of itemsOf(
    readLines(
      Array.isArray(chunks) ? stream(chunks as readonly Buffer[]) : (chunks as AsyncGenerator<Buffer>),
      {file: 'rows.jsonl', maxLineBytes},
    ),
  )) {
    lines.push(`${line} ${bytes.toString()}`);
  }
  return lines;
}

async function* stream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
