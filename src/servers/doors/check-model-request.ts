import type {JsonObject, JsonValue} from '../../core/json.ts';
import type {WireApi} from '../../core/wire.ts';
import {RequestRefusal} from '../http/request-refusal.ts';

/**
 * The body, if what is acted upon here is what it must be; all else is the service's to judge. Fails with a 400 that names the
 * parameter.
 */
export function checkModelRequest(api: WireApi, body: JsonObject | undefined): JsonObject {
  if (body === undefined)
    throw refusal('The request has no body; it must be a JSON object.', undefined, 'invalid_json');
  const {stream} = body;
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    throw refusal(`\`stream\` must be true or false; it is ${kindOf(stream)}.`, 'stream');
  checks[api](body);
  return body;
}

const checks: Readonly<Record<WireApi, (body: JsonObject) => void>> = {
  chat({messages}) {
    if (messages === undefined) throw missing('messages');
    if (!Array.isArray(messages))
      throw refusal(`\`messages\` must be a list; it is ${kindOf(messages)}.`, 'messages');
  },
  responses({input, prompt, previous_response_id: previous, conversation}) {
    // A stored prompt, or what came before, may be all there is.
    const isElsewhere = [prompt, previous, conversation].some((part) => part !== undefined && part !== null);
    if (input === undefined || input === null) {
      if (!isElsewhere) throw missing('input');
    } else if (typeof input !== 'string' && !Array.isArray(input))
      throw refusal(`\`input\` must be a text or a list; it is ${kindOf(input)}.`, 'input');
  },
  embeddings({input}) {
    if (input === undefined) throw missing('input');
  },
};

function missing(param: string): RequestRefusal {
  return refusal(`\`${param}\` is missing.`, param, 'missing_required_parameter');
}

function refusal(message: string, param: string | undefined, code = 'invalid_type'): RequestRefusal {
  return new RequestRefusal(message, {status: 400, code, param});
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`;
}
