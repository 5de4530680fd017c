import type {JsonObject, JsonValue} from '../core/json.ts';
import type {PromptConfig} from './prompt-config.ts';
import {kindOf, type RowProblem} from './row-input.ts';

export interface PromptValues {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly RowProblem[];
}

/**
 * The texts that a row puts into a prompt config's fields: texts as they are, numbers as the row spells them
 * (`members`: its raw members, if at hand), booleans as Python prints them, lists and objects as JSON.
 * A field that is missing or null is a problem: a prompt that says "None" serves nobody.
 */
export function promptValues(
  row: JsonObject,
  {fields}: PromptConfig,
  members?: ReadonlyMap<string, string>,
): PromptValues {
  const values: [string, string][] = [];
  const missing: string[] = [];
  for (const field of fields) {
    const value = Object.hasOwn(row, field) ? row[field] : undefined;
    if (value == null) missing.push(field);
    else values.push([field, spell(value, members?.get(field))]);
  }
  return {values: Object.fromEntries(values), problems: missing.map((field) => missingField(field, row))};
}

function spell(value: JsonValue, raw: string | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return raw ?? JSON.stringify(value);
}

function missingField(field: string, row: JsonObject): RowProblem {
  const found = Object.hasOwn(row, field) ? `is ${kindOf(row[field])}` : 'is missing';
  const hint = `The row has: ${Object.keys(row).slice(0, 12).join(', ')}.`;
  return {path: field, message: `${found}, and the prompt config asks for {${field}}`, hint};
}
