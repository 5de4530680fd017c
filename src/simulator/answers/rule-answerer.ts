import {textFrom} from '../generation/prompt.ts';
import type {RuleAnswerSettings} from '../settings/simulator-settings.ts';
import type {Answer, Answerer, Question} from './answer.ts';
import {fillPlaces} from './fill-places.ts';

/**
 * Answers when the pattern is found (or there is none). A rule that calls tools holds its peace when a tool has just
 * answered, or when the request does not offer the tool, so that a loop of turns comes to an end.
 */
export function createRuleAnswerer(rule: RuleAnswerSettings): Answerer {
  return (question) => {
    if (!mayCall(rule, question)) return undefined;
    const text = textFrom(question.prompt, rule.source);
    if (text === undefined) return undefined;
    const match = rule.match?.exec(text);
    if (match === null) return undefined;
    return fill(rule, match, question);
  };
}

function mayCall({toolCalls, source}: RuleAnswerSettings, {prompt, toolNames}: Question): boolean {
  if (toolCalls.length === 0) return true;
  if (prompt.lastRole === 'tool' && source !== 'tool') return false;
  return toolCalls.every(({name}) => toolNames.has(name));
}

function fill(rule: RuleAnswerSettings, match: RegExpExecArray | undefined, question: Question): Answer {
  const {replies, toolCalls, refusal, finishReason} = rule;
  const drawn = replies.length > 1 ? Math.floor(question.sampleRandom('reply')() * replies.length) : 0;
  return {
    text: fillPlaces(replies[drawn] ?? '', match),
    toolCalls: toolCalls.map(({name, argumentsTemplate}) => ({
      name,
      argumentsText: fillPlaces(argumentsTemplate, match, escapeJson),
    })),
    refusal: refusal === undefined ? undefined : fillPlaces(refusal, match),
    finishReason,
  };
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
