import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  type JsonObject,
  type JsonValue,
} from '../../core/json.ts';
import type {Answer, Question, ToolCall} from '../answers/answer.ts';
import {type Call, functionTools} from './call.ts';
import {cutAnswer} from './cut-answer.ts';
import {countInputTokens, embeddingInputs} from './embedding-inputs.ts';
import {formatAnswer} from './format-answer.ts';
import type {CalledTool, Choice, Generation} from './generation.ts';
import {reasoningTokens} from './reasoning-tokens.ts';
import {digest, randomFor} from './request-hash.ts';
import {countPromptTokens} from './tokens.ts';
import {valueFromSchema} from './value-from-schema.ts';

/** Layer "generation": the model's part. Depends on the seed, the deployment and the request, and on nothing else. */
export function generate(call: Call): Generation {
  const {body, prompt} = call;
  if (call.operation === 'embeddings') return readInputs(body);
  const thought = reasoningTokens(call);
  const budget = Math.max(0, (call.maxTokens ?? call.deployment.family.maxCompletionTokens) - thought);
  const count = asNumber(body['n']) ?? 1;
  const made = Array.from({length: count}, (_, index) => makeChoice(call, index, budget));
  const toolsText = body['tools'] === undefined ? '' : JSON.stringify(body['tools']);
  return {
    choices: made.map(({choice}) => choice),
    promptTokens: countPromptTokens(prompt, toolsText),
    reasoningTokens: thought * count,
    completionTokens: made.reduce((sum, {tokens}) => sum + tokens, thought * count),
  };
}

/** Vectors are made where they are written: they are all there is to an embedding. */
function readInputs(body: JsonObject): Generation {
  const promptTokens = countInputTokens(embeddingInputs(body));
  return {choices: [], promptTokens, reasoningTokens: 0, completionTokens: 0};
}

/** One of the answers, within `budget` tokens, and what it is billed. */
function makeChoice(call: Call, index: number, budget: number): {choice: Choice; tokens: number} {
  const spoken = formatAnswer(call.deployment.answer(toQuestion(call, index)), call, index);
  const answer = withRequiredTool(spoken, call, index);
  const stopped = {...answer, text: cutAtStop(answer.text, call.body['stop'])};
  const {text, refusal, toolCalls, tokens, isCut} = cutAnswer(stopped, budget);
  const ended = answer.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop');
  const choice: Choice = {
    index,
    text,
    streamedText: text,
    toolCalls: toolCalls.map((tool, at) => nameCall(tool, call.hash, `${index}.${at}`)),
    refusal,
    finishReason: isCut ? 'length' : ended,
    blockedBy: undefined,
  };
  return {choice, tokens};
}

function toQuestion({hash, body, prompt, toolNames, deployment}: Call, index: number): Question {
  return {
    prompt,
    toolNames,
    random: (purpose) => randomFor(hash, purpose, index),
    sampleRandom: (purpose) => {
      const sampled = body['temperature'] !== 0;
      const sample = sampled ? `${JSON.stringify(body['seed'] ?? null)}.${index}` : '';
      return randomFor(
        digest(`${deployment.name}\n${deployment.seed}\n${sample}\n${prompt.lastUserText}`),
        purpose,
      );
    },
  };
}

function withRequiredTool(answer: Answer, call: Call, index: number): Answer {
  if (answer.toolCalls.length > 0 || call.toolNames.size === 0) return answer;
  const wanted = requiredTool(call.body['tool_choice'], [...call.toolNames]);
  const tool = functionTools(call.body).find(({name}) => name === wanted);
  if (tool === undefined) return answer;
  const argumentsText = JSON.stringify(valueFromSchema(tool.parameters, randomFor(call.hash, 'tool', index)));
  return {...answer, text: '', toolCalls: [{name: tool.name, argumentsText}]};
}

function requiredTool(choice: JsonValue | undefined, names: readonly string[]): string | undefined {
  if (choice === 'required') return names[0];
  const chosen = asJsonObject(choice);
  return asString(asJsonObject(chosen?.['function'])?.['name']) ?? asString(chosen?.['name']);
}

function cutAtStop(text: string, stop: JsonValue | undefined): string {
  if (stop === undefined || stop === null) return text;
  const sequences = typeof stop === 'string' ? [stop] : asJsonArray(stop).map(String);
  const ends = sequences.filter((sequence) => sequence !== '').map((sequence) => text.indexOf(sequence));
  const found = ends.filter((end) => end >= 0);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
}

function nameCall({name, argumentsText}: ToolCall, hash: string, place: string): CalledTool {
  return {id: `call_${digest(`${hash} ${place}`).slice(0, 24)}`, name, argumentsText};
}
