import {asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {MaterializeOptions} from './materialize-options.ts';
import {renderPrompt} from './prompt-config.ts';
import {promptValues} from './prompt-values.ts';
import {inputShape} from './row-input.ts';

/** Characters of text that one rollout of a checked row sends: input, instructions and tools. */
export function promptLength(row: JsonObject, {promptConfig, overrides}: MaterializeOptions): number {
  const params: JsonObject = {...asJsonObject(row['responses_create_params']), ...overrides};
  const rest = textLength(params['instructions']) + textLength(params['tools']);
  if (params['input'] != null && promptConfig === undefined) return rest + textLength(params['input']);
  if (promptConfig !== undefined) {
    return rest + textLength(renderPrompt(promptConfig, promptValues(row, promptConfig).values));
  }
  return rest + textLength(row[inputShape(row) ?? '']);
}

// What a part is, not what it says; and images, which cost by their size in pixels.
const notText: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'status',
  'detail',
  'image_url',
  'file_data',
]);

function textLength(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).reduce<number>((sum, part) => sum + textLength(part), 0);
  let sum = 0;
  for (const [key, part] of Object.entries(value)) if (!notText.has(key)) sum += textLength(part);
  return sum;
}
