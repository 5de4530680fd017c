import type {AnswerSettings} from '../settings/simulator-settings.ts';
import {type Answer, type Answerer, type Question, textAnswer} from './answer.ts';
import type {AnswerKey} from './answer-key.ts';
import {createCompareAnswerer} from './compare-answerer.ts';
import {createKeyAnswerer} from './key-answerer.ts';
import {createRuleAnswerer} from './rule-answerer.ts';

/** The rules of a deployment as one answerer that always has something to say: the first that answers wins. */
export function createAnswerer(
  rules: readonly AnswerSettings[],
  keys: ReadonlyMap<string, AnswerKey>,
): (question: Question) => Answer {
  const answerers = rules.map((rule) => toAnswerer(rule, keys));
  return (question) => {
    for (const answerer of answerers) {
      const answer = answerer(question);
      if (answer !== undefined) return answer;
    }
    return inventedAnswer(question);
  };
}

function toAnswerer(rule: AnswerSettings, keys: ReadonlyMap<string, AnswerKey>): Answerer {
  switch (rule.kind) {
    case 'rule':
      return createRuleAnswerer(rule);
    case 'answer_key': {
      const key = keys.get(rule.path);
      return key === undefined ? () => undefined : createKeyAnswerer(rule, key);
    }
    case 'compare':
      return createCompareAnswerer(rule);
    case 'echo':
      return ({prompt}) => textAnswer(prompt.lastUserText);
    case 'text':
      return () => textAnswer(rule.text);
  }
}

const openings = ['Here is', 'This is', 'Please take', 'Consider'];

function inventedAnswer({random}: Question): Answer {
  const draw = random('invented');
  const opening = openings[Math.floor(draw() * openings.length)] ?? '';
  return textAnswer(`${opening} a simulated answer, number ${1_000 + Math.floor(draw() * 9_000)}.`);
}
