import {RollcallError} from '../core/errors.ts';

/** What the models of one family accept and refuse (azure-openai.md §2). */
export interface FamilyTraits {
  readonly name: string;
  /** Thinks before it answers: refuses sampling parameters and `max_tokens`. */
  readonly reasoning: boolean;
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  readonly parallelToolCalls: boolean;
  /** Whether `response_format: json_schema` works. */
  readonly structuredOutput: boolean;
  readonly streaming: boolean;
  /** Has no chat completions. */
  readonly responsesOnly: boolean;
}

/** For deployments of which nothing is known: everything is passed on, under its present-day name. */
export const unknownFamily: FamilyTraits = {
  name: 'unknown',
  reasoning: false,
  tokenLimit: 'max_completion_tokens',
  parallelToolCalls: true,
  structuredOutput: true,
  streaming: true,
  responsesOnly: false,
};

const reasoning: FamilyTraits = {...unknownFamily, reasoning: true};
const oSeries: FamilyTraits = {...reasoning, parallelToolCalls: false};
const legacyChat: FamilyTraits = {...unknownFamily, tokenLimit: 'max_tokens', structuredOutput: false};

// A model's whole id, without its date. First match wins; a name that merely contains one of these is no match.
const families: readonly (readonly [RegExp, FamilyTraits])[] = [
  [/^gpt-3\.?5(-turbo)?(-16k)?$/, {...legacyChat, name: 'gpt-3.5'}],
  [/^gpt-4(-32k|-turbo)?$/, {...legacyChat, name: 'gpt-4'}],
  [/^gpt-4o(-mini)?$/, {...unknownFamily, name: 'gpt-4o'}],
  [/^gpt-4\.1(-mini|-nano)?$/, {...unknownFamily, name: 'gpt-4.1'}],
  [/^o1$/, {...oSeries, name: 'o1', streaming: false}],
  [/^(o3|o3-mini|o4-mini)$/, {...oSeries, name: 'o-series'}],
  [/^(o1-pro|o3-pro)$/, {...oSeries, name: 'o-series pro', responsesOnly: true, streaming: false}],
  [/^o\d(-mini)?-deep-research$/, {...oSeries, name: 'deep-research', responsesOnly: true}],
  [/^gpt-5(\.\d+)?(-mini|-nano)?$/, {...reasoning, name: 'gpt-5'}],
  [/^gpt-5(\.\d+)?-chat$/, {...unknownFamily, name: 'gpt-5-chat'}],
  [/^gpt-5(\.\d+)?-pro$/, {...reasoning, name: 'gpt-5-pro', responsesOnly: true}],
  [/^(codex-mini|gpt-5(\.\d+)?-codex(-mini|-max)?)$/, {...reasoning, name: 'codex', responsesOnly: true}],
];

/**
 * The family of a *model*: its id, with or without date (`gpt-4o`, `o3-mini-2025-01-31`). Deployment names are free text,
 * so only a name that is a whole model id is believed; for anything else the answer is undefined.
 */
export function familyOf(model: string): FamilyTraits | undefined {
  const id = model
    .trim()
    .toLowerCase()
    .replace(/-(\d{4}-\d{2}-\d{2}|\d{4}|latest)$/, '');
  return families.find(([pattern]) => pattern.test(id))?.[1];
}

/**
 * The family that configuration names, or else the deployment's, if it is called as a model is. `other` assumes nothing;
 * a family that nobody knows is an error, as it would be ignored without a word.
 */
export function chooseFamily(configured: string | undefined, deployment: string): FamilyTraits {
  if (configured === undefined) return familyOf(deployment) ?? unknownFamily;
  if (configured === 'other') return unknownFamily;
  const family = familyOf(configured);
  if (family !== undefined) return family;
  throw new RollcallError(`\`model_family\` ${JSON.stringify(configured)} is no model that is known`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give the id of the model behind the deployment, as in gpt-4o, o3-mini or gpt-5; or `other` to assume nothing.',
  });
}
