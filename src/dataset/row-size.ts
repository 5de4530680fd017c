import {asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {type PromptSize, promptSizeOf} from '../core/prompt-size.ts';
import type {MaterializeOptions} from './materialize-options.ts';
import {renderPrompt} from './prompt-config.ts';
import {promptValues} from './prompt-values.ts';
import {inputShape} from './row-input.ts';

/** The size of the request that a checked row becomes. */
export function rowSize(row: JsonObject, options: MaterializeOptions): PromptSize {
  const params: JsonObject = {...asJsonObject(row['responses_create_params']), ...options.overrides};
  return promptSizeOf({...params, input: inputOf(row, params, options)});
}

function inputOf(
  row: JsonObject,
  params: JsonObject,
  {promptConfig}: MaterializeOptions,
): JsonValue | undefined {
  if (promptConfig !== undefined) return renderPrompt(promptConfig, promptValues(row, promptConfig).values);
  return params['input'] ?? row[inputShape(row) ?? ''];
}
