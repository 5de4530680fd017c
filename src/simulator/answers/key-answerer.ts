import type {AnswerKeySettings} from '../settings/simulator-settings.ts';
import {type Answerer, textAnswer} from './answer.ts';
import type {AnswerKey, KeyEntry} from './answer-key.ts';
import {wrongAnswer} from './wrong-answer.ts';

/** Answers questions of the key, the stated share of them rightly; silent to any other question. */
export function createKeyAnswerer({accuracy, right, wrong}: AnswerKeySettings, key: AnswerKey): Answerer {
  return ({prompt, sampleRandom}) => {
    const entry = key.find(prompt.lastUserText);
    if (entry === undefined) return undefined;
    if (sampleRandom('verdict')() < accuracy) return textAnswer(fill(right, entry));
    return textAnswer(fill(wrong, {...entry, answer: wrongAnswer(entry, key, sampleRandom('wrong'))}));
  };
}

function fill(template: string, {question, answer}: KeyEntry): string {
  return template.replace(/\$(answer|question)\b/g, (_, place: string) =>
    place === 'answer' ? answer : question,
  );
}
