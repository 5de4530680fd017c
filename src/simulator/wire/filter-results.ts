import type {JsonObject} from '../../core/json.ts';
import type {ContentFilterSettings, FilterRule} from '../settings/simulator-settings.ts';
import {azureError} from './azure-error.ts';
import {jsonReply, type WholeReply} from './reply.ts';

const safe = {filtered: false, severity: 'safe'};
const undetected = {filtered: false, detected: false};

/** What the filter says of a harmless prompt. */
export const safePrompt: JsonObject = {
  hate: safe,
  jailbreak: undetected,
  self_harm: safe,
  sexual: safe,
  violence: safe,
};

/** What the filter says of a harmless chat completion. */
export const safeCompletion: JsonObject = {hate: safe, self_harm: safe, sexual: safe, violence: safe};

/** What the filter says of a harmless Responses output. */
export const safeOutput: JsonObject = {
  ...safeCompletion,
  protected_material_code: undetected,
  protected_material_text: undetected,
};

/** The results with the category of the broken rule filtered. */
export function resultsFor(results: JsonObject, blockedBy: FilterRule | undefined): JsonObject {
  if (blockedBy === undefined) return results;
  const {category, severity} = blockedBy;
  const verdict = category === 'jailbreak' ? {filtered: true, detected: true} : {filtered: true, severity};
  return {...results, [category]: verdict};
}

const message =
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766";

/** The 400 of a blocked prompt, in the shape that the settings ask for. */
export function promptBlocked(rule: FilterRule, {errorShape}: ContentFilterSettings): WholeReply {
  if (errorShape === 'bare')
    return azureError(400, message, {type: null, param: 'prompt', code: 'content_filter'});
  const results = resultsFor(safePrompt, rule);
  const inner =
    errorShape === 'innererror'
      ? {innererror: {code: 'ResponsibleAIPolicyViolation', content_filter_result: results}}
      : {inner_error: {code: 'ResponsibleAIPolicyViolation', content_filter_results: results}};
  return jsonReply(400, {
    error: {message, type: null, param: 'prompt', code: 'content_filter', status: 400, ...inner},
  });
}
