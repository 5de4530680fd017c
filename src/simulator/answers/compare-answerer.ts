import {textFrom} from '../generation/prompt.ts';
import type {CompareSettings} from '../settings/simulator-settings.ts';
import {type Answerer, textAnswer} from './answer.ts';
import {fillPlaces} from './fill-places.ts';
import {sameAnswer} from './same-answer.ts';

/** Plays the judge: captures two answers from the prompt and says whether they are the same. */
export function createCompareAnswerer({
  source,
  expected,
  generated,
  equal,
  notEqual,
}: CompareSettings): Answerer {
  return ({prompt}) => {
    const text = textFrom(prompt, source) ?? '';
    const left = expected.exec(text);
    const right = generated.exec(text);
    if (left === null || right === null) return undefined;
    const verdict = sameAnswer(captured(left), captured(right)) ? equal : notEqual;
    return textAnswer(fillPlaces(verdict, right));
  };
}

function captured(match: RegExpExecArray): string {
  return match.slice(1).find((group: string | undefined) => group !== undefined) ?? match[0];
}
