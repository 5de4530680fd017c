import {asJsonObject, asString, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {type ConversionProblems, nameOfKind} from './conversion-error.ts';
import {withoutNulls} from './mutable-json.ts';

/** Translates one part, or says what it is that has no counterpart. */
export type PartTranslation = (part: JsonObject) => JsonObject | string;

/** Translates a message's content: text stays text, a list goes part by part; what cannot be translated is reported under `path`. */
export function translateContent(
  content: JsonValue | undefined,
  translate: PartTranslation,
  path: string,
  problems: ConversionProblems,
): string | readonly JsonObject[] {
  if (typeof content === 'string') return content;
  if (isEmptyContent(content) || !Array.isArray(content)) {
    const problem = isEmptyContent(content) ? 'a message without content' : 'content of no known shape';
    problems.add(`${path}.content`, problem);
    return '';
  }
  const parts: JsonObject[] = [];
  for (const [index, part] of (content as readonly JsonValue[]).entries()) {
    const translated = isJsonObject(part) ? translate(part) : 'a part that is no object';
    if (typeof translated === 'string') problems.add(`${path}.content[${index}]`, translated);
    else parts.push(translated);
  }
  return parts;
}

/** Whether there is nothing to translate: the way an answer without text, or a tool without output, may look. */
export function isEmptyContent(content: JsonValue | undefined): content is undefined | null | readonly [] {
  return content == null || (Array.isArray(content) && content.length === 0);
}

/** A Responses input part as a chat part. Parts in chat's own shape stay as they are; rows mix both. */
export function toChatPart(part: JsonObject): JsonObject | string {
  const {type} = part;
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return {type: 'text', text: asString(part['text']) ?? ''};
    case 'input_image':
      return toChatImage(part);
    case 'input_video':
      return toChatVideo(part);
    case 'input_file':
      return toChatFile(part);
    case 'input_audio':
    case 'image_url':
    case 'video_url':
    case 'file':
      return part;
    default:
      return `part ${nameOfKind(type)}`;
  }
}

/** Only text: what chat takes as the output of a tool. */
export function toChatToolPart(part: JsonObject): JsonObject | string {
  const {type} = part;
  if (type === 'input_text' || type === 'output_text' || type === 'text') return toChatPart(part);
  return `part ${nameOfKind(type)} in a tool's output`;
}

/** A chat part of a user, system, developer or tool message as a Responses input part. */
export function toInputPart(part: JsonObject): JsonObject | string {
  const {type} = part;
  switch (type) {
    case 'text':
      return {type: 'input_text', text: asString(part['text']) ?? ''};
    case 'image_url':
      return toInputImage(part['image_url']);
    case 'video_url':
      return {type: 'input_video', video_url: urlOf(part['video_url'])};
    case 'file':
      return {type: 'input_file', ...withoutNulls(asJsonObject(part['file']) ?? {})};
    default:
      return typeof type === 'string' && inputParts.has(type) ? part : `part ${nameOfKind(type)}`;
  }
}

/** Parts of the Responses API's own; rows mix both. */
const inputParts: ReadonlySet<string> = new Set([
  'input_text',
  'input_image',
  'input_video',
  'input_file',
  'input_audio',
]);

/** A chat part of an assistant message as a Responses output part. */
export function toOutputPart(part: JsonObject): JsonObject | string {
  const {type} = part;
  switch (type) {
    case 'text':
    case 'output_text':
      return {type: 'output_text', text: asString(part['text']) ?? '', annotations: []};
    case 'refusal':
      return {type: 'refusal', refusal: asString(part['refusal']) ?? ''};
    default:
      return `part ${nameOfKind(type)} in an assistant message`;
  }
}

function toChatImage(part: JsonObject): JsonObject | string {
  const url = urlOf(part['image_url']);
  if (url === undefined) return part['file_id'] == null ? 'an image without a URL' : 'an image by file id';
  const detail = part['detail'] ?? asJsonObject(part['image_url'])?.['detail'] ?? 'auto';
  return {type: 'image_url', image_url: {url, detail}};
}

function toInputImage(image: JsonValue | undefined): JsonObject | string {
  const url = urlOf(image);
  if (url === undefined) return 'an image without a URL';
  const detail = asJsonObject(image)?.['detail'];
  return detail == null
    ? {type: 'input_image', image_url: url}
    : {type: 'input_image', image_url: url, detail};
}

/** NeMo Gym's own part: exactly one of `video_url` and `video`. */
function toChatVideo(part: JsonObject): JsonObject | string {
  const url = urlOf(part['video_url']) ?? urlOf(part['video']);
  return url === undefined ? 'a video without a URL' : {type: 'video_url', video_url: {url}};
}

function toChatFile(part: JsonObject): JsonObject | string {
  const data = asString(part['file_data']);
  if (data === undefined) return part['file_url'] == null ? 'a file by file id' : 'a file by URL';
  const filename = asString(part['filename']);
  return {type: 'file', file: filename === undefined ? {file_data: data} : {filename, file_data: data}};
}

function urlOf(value: JsonValue | undefined): string | undefined {
  const url = asString(value) ?? asString(asJsonObject(value)?.['url']);
  return url === '' ? undefined : url;
}
