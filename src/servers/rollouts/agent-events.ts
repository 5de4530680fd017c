import {writeExactJson} from '../../core/exact-json.ts';
import {asJsonArray, asString, isJsonObject, type JsonObject} from '../../core/json.ts';

/**
 * A whole answer as the events of a Responses stream, for clients that ask for one: an agent has its answer only when its last
 * turn is over. Texts and arguments come in one piece.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- a stream is what the reply takes
export async function* responseEvents(response: JsonObject): AsyncGenerator<Uint8Array, void, undefined> {
  let number = 0;
  for (const event of eventsOf(response)) {
    const data = writeExactJson({...event, sequence_number: number++});
    yield Buffer.from(`event: ${asString(event['type']) ?? ''}\ndata: ${data}\n\n`);
  }
}

function* eventsOf(response: JsonObject): Generator<JsonObject> {
  const begun = {...response, status: 'in_progress', incomplete_details: null, output: [], usage: null};
  yield {type: 'response.created', response: begun};
  yield {type: 'response.in_progress', response: begun};
  for (const [index, item] of asJsonArray(response['output']).entries())
    if (isJsonObject(item)) yield* itemEvents(item, {item_id: item['id'] ?? '', output_index: index});
  const status = asString(response['status']) ?? '';
  yield {type: `response.${lastStatuses.has(status) ? status : 'completed'}`, response};
}

const lastStatuses: ReadonlySet<string> = new Set(['incomplete', 'failed']);

function* itemEvents(item: JsonObject, place: JsonObject): Generator<JsonObject> {
  const {output_index: index} = place;
  const added = {type: 'response.output_item.added', output_index: index};
  if (item['type'] === 'message') {
    yield {...added, item: {...item, status: 'in_progress', content: []}};
    for (const [at, part] of asJsonArray(item['content']).entries())
      if (isJsonObject(part)) yield* partEvents(part, {...place, content_index: at});
  } else if (item['type'] === 'function_call') {
    yield {...added, item: {...item, status: 'in_progress', arguments: ''}};
    yield* pieceEvents('function_call_arguments', 'arguments', item, place);
  } else {
    yield {...added, item};
  }
  yield {type: 'response.output_item.done', output_index: index, item};
}

function* partEvents(part: JsonObject, place: JsonObject): Generator<JsonObject> {
  const kind = asString(part['type']) ?? '';
  const member = kind === 'refusal' ? 'refusal' : 'text';
  yield {type: 'response.content_part.added', ...place, part: {...part, [member]: ''}};
  if (asString(part[member]) !== undefined) yield* pieceEvents(kind, member, part, place);
  yield {type: 'response.content_part.done', ...place, part};
}

/** A text in one piece, and its end. */
function* pieceEvents(
  kind: string,
  member: string,
  whole: JsonObject,
  place: JsonObject,
): Generator<JsonObject> {
  const text = asString(whole[member]) ?? '';
  yield {type: `response.${kind}.delta`, ...place, delta: text};
  yield {type: `response.${kind}.done`, ...place, [member]: text};
}
