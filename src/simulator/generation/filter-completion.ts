import type {ContentFilterSettings, FilterRule} from '../settings/simulator-settings.ts';
import type {Choice, Generation} from './generation.ts';
import type {Prompt} from './prompt.ts';

/** Layer "prompt content filter": the rule that a prompt breaks, if any. */
export function blockedPrompt(prompt: Prompt, {blockPrompt}: ContentFilterSettings): FilterRule | undefined {
  if (blockPrompt.length === 0) return undefined;
  return blockPrompt.find(({pattern}) => prompt.messages.some(({text}) => pattern.test(text)));
}

/** Layer "completion filter": choices that break a rule are cut where they do. */
export function filterCompletion(
  generation: Generation,
  {blockCompletion}: ContentFilterSettings,
): Generation {
  if (blockCompletion.length === 0) return generation;
  return {...generation, choices: generation.choices.map((choice) => filterChoice(choice, blockCompletion))};
}

function filterChoice(choice: Choice, rules: readonly FilterRule[]): Choice {
  for (const rule of rules) {
    const match = rule.pattern.exec(choice.text);
    if (match === null) continue;
    return {
      ...choice,
      text: choice.text.slice(0, match.index),
      finishReason: 'content_filter',
      blockedBy: rule,
    };
  }
  return choice;
}
