import {asJsonArray, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {ResponseEventWriter} from './response-event-writer.ts';
import {StreamedCall, StreamedParts} from './streamed-items.ts';

/**
 * A whole Responses object as the text of the stream that it could have been: every item with its parts and texts, each
 * in one piece. For servers that do not stream, and clients that want it.
 */
export function responseToStream(response: JsonObject): string {
  const writer = new ResponseEventWriter();
  const begun = {...response, status: 'in_progress', output: [], usage: null, incomplete_details: null};
  writer.write('response.created', {response: begun});
  writer.write('response.in_progress', {response: begun});
  for (const [at, item] of asJsonArray(response['output']).entries()) {
    if (isJsonObject(item)) writeItem(writer, item, at);
  }
  const last = finalEvents.get(asString(response['status']) ?? '') ?? 'response.completed';
  writer.write(last, {response});
  return writer.takeText();
}

const finalEvents: ReadonlyMap<string, string> = new Map([
  ['incomplete', 'response.incomplete'],
  ['failed', 'response.failed'],
  ['cancelled', 'response.failed'],
]);

function writeItem(writer: ResponseEventWriter, item: JsonObject, outputIndex: number): void {
  const {type} = item;
  const place = {writer, outputIndex, id: asString(item['id']) ?? ''};
  if (type === 'message' || type === 'reasoning') {
    new StreamedParts(place, type).finish(item, (_, index) => String(index));
  } else if (type === 'function_call' || type === 'custom_tool_call') {
    const call = {id: asString(item['call_id']) ?? '', name: asString(item['name']) ?? ''};
    new StreamedCall(place, {...call, isCustom: type === 'custom_tool_call'}).finish(item);
  } else {
    writer.write('response.output_item.added', {output_index: outputIndex, item});
    writer.write('response.output_item.done', {output_index: outputIndex, item});
  }
}
