import {asJsonArray, asJsonObject, type JsonObject} from '../../core/json.ts';
import type {Call} from '../generation/call.ts';
import type {Choice, Generation} from '../generation/generation.ts';
import {splitTokens} from '../generation/tokens.ts';
import {
  chatIdentity,
  chatLogprobs,
  chatPromptFilter,
  chatToolCall,
  chatUsage,
  systemFingerprint,
} from './chat-reply.ts';
import {resultsFor, safeCompletion} from './filter-results.ts';
import {obfuscation} from './obfuscation.ts';
import type {Frame} from './reply.ts';

/** A delta to send for one choice, before it becomes a frame. */
interface Step {
  readonly choice: JsonObject;
  /** The text in it, whose size the frame's filler hides. */
  readonly text: string;
  readonly tokens: number;
}

/** The frames of a streamed chat completion: prompt filter, role, content, finish, usage, `[DONE]`. Choices take turns. */
export function chatFrames(call: Call, generation: Generation, created: number): Frame[] {
  const toFrame = frameWriter(call, created);
  const steps = interleave(generation.choices.map((choice) => choiceSteps(call, choice)));
  const thought = generation.reasoningTokens;
  let made = thought;
  const frames: Frame[] = [{text: eventText({choices: [], ...blank, ...chatPromptFilter}), tokens: thought}];
  for (const step of steps) {
    made += step.tokens;
    frames.push({text: toFrame([step.choice], step.text), tokens: made});
  }
  if (call.deployment.settings.contentFilter.mode === 'asynchronous') {
    for (const choice of generation.choices)
      frames.push({text: eventText(lateVerdict(choice)), tokens: made});
  }
  if (asksForUsage(call)) frames.push({text: toFrame([], '', chatUsage(generation)), tokens: made});
  frames.push({text: 'data: [DONE]\n\n', tokens: made});
  return frames;
}

const blank: JsonObject = {created: 0, id: '', model: '', object: ''};

function frameWriter(
  call: Call,
  created: number,
): (choices: JsonObject[], text: string, usage?: JsonObject) => string {
  const identity = chatIdentity(call, created);
  const hides = asJsonObject(call.body['stream_options'])?.['include_obfuscation'] !== false;
  const withUsage = asksForUsage(call);
  let position = 0;
  return (choices, text, usage) =>
    eventText({
      choices,
      ...identity,
      ...(hides ? {obfuscation: obfuscation(call.hash, text, position++)} : {}),
      object: 'chat.completion.chunk',
      system_fingerprint: systemFingerprint(call),
      ...(withUsage ? {usage: usage ?? null} : {}),
    });
}

function asksForUsage({body}: Call): boolean {
  return asJsonObject(body['stream_options'])?.['include_usage'] === true;
}

function eventText(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

interface StepDetails {
  readonly text?: string;
  readonly tokens?: number;
  readonly results?: JsonObject;
  readonly logprobs?: JsonObject | null;
}

function choiceSteps(call: Call, choice: Choice): Step[] {
  const {index, refusal, toolCalls, finishReason} = choice;
  const late = call.deployment.settings.contentFilter.mode === 'asynchronous';
  const step = (
    delta: JsonObject,
    {text = '', tokens = 0, results = {}, logprobs = null}: StepDetails = {},
  ): Step => ({
    choice: {...(late ? {} : {content_filter_results: results}), delta, finish_reason: null, index, logprobs},
    text,
    tokens,
  });
  const shown = late ? choice.streamedText : choice.text;
  const probabilities = asJsonArray(chatLogprobs(call, {...choice, text: shown})?.['content']);
  return [
    step({content: toolCalls.length > 0 && shown === '' ? null : '', refusal: null, role: 'assistant'}),
    ...splitTokens(shown).map((text, at) => {
      const probability = probabilities[at];
      const logprobs = probability === undefined ? null : {content: [probability], refusal: null};
      return step({content: text}, {text, tokens: 1, results: safeCompletion, logprobs});
    }),
    ...splitTokens(refusal ?? '').map((text) => step({refusal: text}, {text, tokens: 1})),
    ...toolCalls.flatMap((tool, at) => [
      step({tool_calls: [{index: at, ...chatToolCall({...tool, argumentsText: ''})}]}, {tokens: 1}),
      ...splitTokens(tool.argumentsText).map((text) =>
        step({tool_calls: [{function: {arguments: text}, index: at}]}, {text, tokens: 1}),
      ),
    ]),
    finishStep(choice, late, finishReason),
  ];
}

function finishStep({index, blockedBy}: Choice, late: boolean, finishReason: string): Step {
  // A block after the fact comes without a delta: the text that was shown is taken back.
  const delta = late && blockedBy !== undefined ? {} : {delta: {}};
  const results = late
    ? {}
    : {content_filter_results: blockedBy === undefined ? {} : resultsFor(safeCompletion, blockedBy)};
  return {
    choice: {...results, ...delta, finish_reason: finishReason, index, logprobs: null},
    text: '',
    tokens: 0,
  };
}

/** The asynchronous filter's own frame, after the text it is about. */
function lateVerdict({index, streamedText, blockedBy}: Choice): JsonObject {
  const end = streamedText.length;
  return {
    choices: [
      {
        content_filter_offsets: {check_offset: end, end_offset: end, start_offset: 0},
        content_filter_results: resultsFor(safeCompletion, blockedBy),
        finish_reason: null,
        index,
      },
    ],
    ...blank,
  };
}

function interleave(lists: readonly Step[][]): Step[] {
  const [only, ...others] = lists;
  if (only !== undefined && others.length === 0) return only;
  const longest = Math.max(0, ...lists.map(({length}) => length));
  return Array.from({length: longest}, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}
