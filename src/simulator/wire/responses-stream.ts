import {asJsonArray, asJsonObject, asString, type JsonObject} from '../../core/json.ts';
import type {Call} from '../generation/call.ts';
import type {Generation} from '../generation/generation.ts';
import {splitTokens} from '../generation/tokens.ts';
import {obfuscation} from './obfuscation.ts';
import type {Frame} from './reply.ts';
import {outputItems, responseObject, responseStatus} from './responses-reply.ts';

/** An event without its number. */
interface Step {
  readonly event: JsonObject & {readonly type: string};
  readonly tokens: number;
}

/** The events of a streamed response, numbered from 0 without gaps; the last is the terminal one, and no `[DONE]` follows. */
export function responseFrames(call: Call, generation: Generation, created: number): Frame[] {
  const items = outputItems(call, generation);
  const status = responseStatus(generation);
  const started = responseObject(call, {status: 'in_progress', output: [], generation: undefined}, created);
  const finished = responseObject(call, {status, output: items, generation}, created);
  const steps: Step[] = [
    plain({type: 'response.created', response: started}),
    plain({type: 'response.in_progress', response: started}),
    ...items.flatMap((item, index) => itemSteps(call, item, index)),
    plain({type: `response.${status}`, response: finished}),
  ];
  let made = generation.reasoningTokens;
  return steps.map(({event: {type, ...rest}, tokens}, number) => {
    made += tokens;
    const data = JSON.stringify({type, sequence_number: number, ...rest});
    return {text: `event: ${type}\ndata: ${data}\n\n`, tokens: made};
  });
}

function plain(event: Step['event']): Step {
  return {event, tokens: 0};
}

function itemSteps(call: Call, item: JsonObject, index: number): Step[] {
  const added = (opened: JsonObject): Step =>
    plain({type: 'response.output_item.added', output_index: index, item: opened});
  const done = plain({type: 'response.output_item.done', output_index: index, item});
  const place = {item_id: item['id'], output_index: index};
  switch (item['type']) {
    case 'message':
      return [added({...item, status: 'in_progress', content: []}), ...contentSteps(call, item, place), done];
    case 'function_call':
      return [
        added({...item, status: 'in_progress', arguments: ''}),
        ...argumentSteps(call, item, place),
        done,
      ];
    default:
      return [added({...item, summary: []}), ...summarySteps(call, item, place), done];
  }
}

function contentSteps(call: Call, item: JsonObject, place: JsonObject): Step[] {
  return asJsonArray(item['content']).flatMap((content, index) => {
    const part = asJsonObject(content) ?? {};
    const at = {...place, content_index: index};
    const refused = part['type'] === 'refusal';
    const name = refused ? 'refusal' : 'output_text';
    const text = asString(part[refused ? 'refusal' : 'text']) ?? '';
    const probabilities = asJsonArray(part['logprobs']);
    const empty = refused ? {...part, refusal: ''} : {...part, text: '', logprobs: []};
    return [
      plain({type: 'response.content_part.added', ...at, part: empty}),
      ...deltas(call, text, `response.${name}.delta`, (position) =>
        refused ? at : {...at, logprobs: probabilities.slice(position, position + 1)},
      ),
      plain(
        refused
          ? {type: 'response.refusal.done', ...at, refusal: text}
          : {type: 'response.output_text.done', ...at, text, logprobs: probabilities},
      ),
      plain({type: 'response.content_part.done', ...at, part}),
    ];
  });
}

function argumentSteps(call: Call, item: JsonObject, place: JsonObject): Step[] {
  const text = asString(item['arguments']) ?? '';
  return [
    ...deltas(call, text, 'response.function_call_arguments.delta', () => place),
    plain({type: 'response.function_call_arguments.done', ...place, arguments: text}),
  ];
}

function summarySteps(call: Call, item: JsonObject, place: JsonObject): Step[] {
  return asJsonArray(item['summary']).flatMap((summary, index) => {
    const part = asJsonObject(summary) ?? {};
    const text = asString(part['text']) ?? '';
    const at = {...place, summary_index: index};
    return [
      plain({type: 'response.reasoning_summary_part.added', ...at, part: {...part, text: ''}}),
      // Its tokens are among the reasoning tokens, which all come first.
      ...deltas(call, text, 'response.reasoning_summary_text.delta', () => at).map(({event}) => plain(event)),
      plain({type: 'response.reasoning_summary_text.done', ...at, text}),
      plain({type: 'response.reasoning_summary_part.done', ...at, part}),
    ];
  });
}

function deltas(call: Call, text: string, type: string, place: (position: number) => JsonObject): Step[] {
  const hides = asJsonObject(call.body['stream_options'])?.['include_obfuscation'] !== false;
  return splitTokens(text).map((delta, position) => ({
    event: {
      type,
      ...place(position),
      delta,
      ...(hides ? {obfuscation: obfuscation(call.hash, delta, position)} : {}),
    },
    tokens: 1,
  }));
}
