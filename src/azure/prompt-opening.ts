import {asString, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

// Azure looks for a prompt in its cache by the first 1,024 tokens, some four characters each.
const charactersCompared = 4_096;

/**
 * The beginning of a request's prompt, as far as prompts are told apart where they are cached: instructions, then the
 * first messages or items, with their roles. Of a Responses or a chat request.
 */
export function promptOpening({instructions, messages, input}: JsonObject): string {
  let opening = typeof instructions === 'string' ? instructions.slice(0, charactersCompared) : '';
  const items = messages ?? input;
  if (typeof items === 'string') return (opening + items).slice(0, charactersCompared);
  if (!Array.isArray(items)) return opening;
  for (const item of items as readonly JsonValue[]) {
    if (opening.length >= charactersCompared) break;
    if (isJsonObject(item)) opening += `\n${asString(item['role']) ?? ''}\n${textOf(item['content'])}`;
  }
  return opening.slice(0, charactersCompared);
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content.slice(0, charactersCompared);
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content as readonly JsonValue[]) {
    if (text.length >= charactersCompared) break;
    const piece = isJsonObject(part) ? part['text'] : undefined;
    if (typeof piece === 'string') text += piece.slice(0, charactersCompared);
  }
  return text;
}
