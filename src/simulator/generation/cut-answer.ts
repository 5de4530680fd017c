import type {Answer, ToolCall} from '../answers/answer.ts';
import {countTokens, takeTokens} from './tokens.ts';

/** What is left of an answer, and what it is billed. */
export interface CutAnswer {
  readonly text: string;
  readonly refusal: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly tokens: number;
  /** The maximum came first: the last call's arguments may be no JSON, as the service's then are. */
  readonly isCut: boolean;
}

// Beside a call's name and arguments.
const tokensAroundCall = 4;

/** As much of an answer as `limit` tokens hold: its text, then a refusal, then its calls. */
export function cutAnswer({text, refusal, toolCalls}: Answer, limit: number): CutAnswer {
  const whole = {text, refusal, toolCalls};
  const tokens = tokensOf(whole);
  if (tokens <= limit && limit > 0) return {...whole, tokens, isCut: false};
  const kept = takeTokens(text, limit);
  const rest = limit - countTokens(kept);
  const keptRefusal = refusal === undefined ? undefined : takeTokens(refusal, rest);
  const keptCalls = takeCalls(toolCalls, rest - countTokens(keptRefusal ?? ''));
  return {text: kept, refusal: keptRefusal, toolCalls: keptCalls, tokens: limit, isCut: true};
}

function tokensOf({text, refusal = '', toolCalls}: Pick<Answer, 'text' | 'refusal' | 'toolCalls'>): number {
  const calls = toolCalls.reduce(
    (sum, call) => sum + openingTokens(call) + countTokens(call.argumentsText),
    0,
  );
  return countTokens(text) + countTokens(refusal) + calls;
}

function takeCalls(calls: readonly ToolCall[], limit: number): ToolCall[] {
  const taken: ToolCall[] = [];
  let left = limit;
  for (const call of calls) {
    left -= openingTokens(call);
    if (left < 0) break;
    const argumentsText = takeTokens(call.argumentsText, left);
    left -= countTokens(argumentsText);
    taken.push({name: call.name, argumentsText});
  }
  return taken;
}

function openingTokens({name}: ToolCall): number {
  return countTokens(name) + tokensAroundCall;
}
