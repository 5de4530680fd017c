import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {outcomeOfChoice} from '../../src/protocol/choice-to-output.ts';
import {ThoughtSplitter} from '../../src/protocol/thought-splitter.ts';

function split(...pieces: readonly string[]): readonly string[] {
  const splitter = new ThoughtSplitter();
  return pieces.flatMap((piece) =>
    splitter.push(piece).map(({isThought, text}) => (isThought ? `(${text})` : text)),
  );
}

describe('ThoughtSplitter', () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [['<think>x</think>y'], ['(x)', 'y']],
    [
      ['<thi', 'nk>x</th', 'ink>y'],
      ['(x)', 'y'],
    ],
    [['<think>a</think><think></think>'], ['(a)', '()']],
    [
      ['1 <', ' 2'],
      ['1 ', '< 2'],
    ],
    [['<<think>x</think>'], ['<', '(x)']],
    [['<think>x</</think>'], ['(x</)']],
    [['a<think>x', ' y'], ['a']],
    [['a<thin'], ['a']],
    [['</think>a'], ['</think>a']],
  ])('makes of %j: %j', (pieces, expected) => {
    expect(split(...pieces)).toEqual(expected);
  });

  it('finds in a text in pieces what the conversion finds in the whole', () => {
    const pieces = fc.array(
      fc.constantFrom('<', '<think>', '</think>', '<th', 'ink>', '</', 'x', ' ', '>', '<think>a</think>'),
      {maxLength: 30},
    );
    fc.assert(
      fc.property(pieces, (texts) => {
        const splitter = new ThoughtSplitter();
        const found = texts.flatMap((text) => splitter.push(text));
        const thoughts = found.filter(({isThought}) => isThought).map(({text}) => text);
        const said = found
          .filter(({isThought}) => !isThought)
          .map(({text}) => text)
          .join('');
        const {output} = outcomeOfChoice({message: {content: texts.join('')}}, () => 'id');
        const [summary, text] = wholeOf(output);
        expect(thoughts).toEqual(summary);
        expect(text.startsWith(said)).toBe(true);
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const splitter = new ThoughtSplitter();
    splitter.push('<think>');
    for (let at = 0; at < 300_000; at++) splitter.push('thought ');
    expect(splitter.push('</think>')).toEqual([{isThought: true, text: 'thought '.repeat(300_000)}]);
  });
});

function wholeOf(output: readonly unknown[]): [readonly string[], string] {
  const items = output as readonly {summary?: {text: string}[]; content?: {text: string}[]}[];
  const summary = items.flatMap(({summary: entries = []}) => entries.map(({text}) => text));
  return [summary, items.flatMap(({content = []}) => content.map(({text}) => text)).join('')];
}
