import {describe, expect, it} from 'vitest';
import {RollcallError} from '../../../src/core/errors.ts';
import {seededRandom} from '../../../src/runtime/random.ts';
import {readAnswerKey} from '../../../src/simulator/answers/answer-key.ts';
import {sameAnswer} from '../../../src/simulator/answers/same-answer.ts';
import {wrongAnswer} from '../../../src/simulator/answers/wrong-answer.ts';

const rows = [
  {
    responses_create_params: {
      input: [{role: 'user', content: 'How many legs has a spider?\n\nAnswer with a number.'}],
    },
    question: 'How many legs has a spider?',
    expected_answer: '8',
  },
  {responses_create_params: {input: 'Name the largest planet.'}, metadata: {expected_answer: 'Jupiter'}},
  {
    messages: [{role: 'user', content: [{type: 'text', text: 'Capital of France?'}]}],
    expected_answer: 'Paris',
  },
  {prompt: 'Two and two?', expected_answer: 4},
  {question: 'No answer known'},
];
const key = readAnswerKey(rows.map((row) => JSON.stringify(row)).join('\n'), 'key.jsonl');

describe('an answer key', () => {
  it.each([
    ['the last user text', 'How many legs has a spider?\n\nAnswer with a number.', '8'],
    ['the question alone', 'How many legs has a spider?', '8'],
    ['a text that holds the question', 'Please: How many legs has a spider? Thanks.', '8'],
    ['an input given as a string', 'Name the largest planet.', 'Jupiter'],
    ['text parts of messages', 'Capital of France?', 'Paris'],
    ['a number for an answer', 'Two and two?', '4'],
  ])('is found by %s', (_, asked, answer) => {
    expect(key.find(asked)?.answer).toBe(answer);
  });

  it('knows nothing of other questions, nor of rows without an answer', () => {
    expect(key.find('How many legs has a cat?')).toBeUndefined();
    expect(key.find('No answer known')).toBeUndefined();
    expect(key.entries).toHaveLength(4);
  });

  it('takes the longest question that a text holds', () => {
    const nested = readAnswerKey(
      [
        {question: 'What is the capital?', expected_answer: 'short'},
        {question: 'What is the capital? Of Peru, I mean.', expected_answer: 'long'},
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
      'key.jsonl',
    );
    expect(nested.find('Q: What is the capital? Of Peru, I mean. A:')?.answer).toBe('long');
  });

  it('names file and line of what is no row', () => {
    const read = () => readAnswerKey('{"question":"a"}\n[1]\n', 'key.jsonl');
    expect(read).toThrow(RollcallError);
    expect(read).toThrow('key.jsonl:2: not a JSON object');
  });
});

describe('a wrong answer', () => {
  it.each(['8', '1,000', '-12', '$18', '3.5', 'Jupiter', 'Paris'])(
    'to %j is never the right one',
    (answer) => {
      for (let seed = 0; seed < 200; seed++) {
        const wrong = wrongAnswer({question: 'q', answer}, key, seededRandom(seed));
        expect(sameAnswer(wrong, answer), wrong).toBe(false);
      }
    },
  );

  it('to a number is a number, written alike', () => {
    expect(wrongAnswer({question: 'q', answer: '12,000'}, key, seededRandom(1))).toMatch(/^\d{1,2},\d{3}$/);
  });

  it.each([
    ['5 minutes', /^\d+ minutes$/],
    ['84 cm²', /^\d+ cm²$/],
    ['Yes', /^No$/],
    ['no', /^yes$/],
    ['True', /^False$/],
    ['red, green, blue', /^(green, blue|red, blue|red, green)$/],
    ['1/6', /^\d+\/6$/],
  ])('to %j is of the same kind', (answer, kind) => {
    for (let seed = 0; seed < 50; seed++)
      expect(wrongAnswer({question: 'q', answer}, key, seededRandom(seed))).toMatch(kind);
  });

  it('is rather another answer of a like shape than just any', () => {
    const mixed = readAnswerKey(
      ['Oslo', 'find . -type f -name x -delete', '1,200', 'Bern', '20 July 1969', '3 May 1808']
        .map((answer, index) => JSON.stringify({question: `q${index}`, expected_answer: answer}))
        .join('\n'),
      'key.jsonl',
    );
    for (let seed = 0; seed < 50; seed++) {
      expect(wrongAnswer({question: 'q', answer: 'Oslo'}, mixed, seededRandom(seed))).toBe('Bern');
      expect(wrongAnswer({question: 'q', answer: '20 July 1969'}, mixed, seededRandom(seed))).toBe(
        '3 May 1808',
      );
    }
  });

  it('exists even when the key has no other', () => {
    const lonely = readAnswerKey('{"question":"q","expected_answer":"Oslo"}', 'key.jsonl');
    expect(wrongAnswer({question: 'q', answer: 'Oslo'}, lonely, seededRandom(1))).toBe('none of these');
  });
});
