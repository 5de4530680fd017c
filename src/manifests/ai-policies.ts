import type {JsonObject, JsonValue} from '../core/json.ts';
import type {GatewayBackend} from './gateway-config.ts';
import type {ObjectReader} from './object-reader.ts';
import {readServedPaths} from './served-paths.ts';

/** What a backend does to requests. */
export type AiPolicies = Pick<
  GatewayBackend,
  'routes' | 'overrides' | 'defaults' | 'modelAliases' | 'prepend' | 'append'
>;

export const noAiPolicies: AiPolicies = {
  routes: undefined,
  overrides: {},
  defaults: {},
  modelAliases: {},
  prepend: [],
  append: [],
};

const fieldCount = {min: 1, max: 64};
const fieldMax = 256;

/** Reads `policies.ai`: what the body is given, other names for models, messages around the client's, meanings of paths. */
export function readAiPolicies(reader: ObjectReader | undefined): AiPolicies {
  if (reader === undefined) return noAiPolicies;
  reader.notSupported(
    ['promptGuard', 'transformations', 'finalTransformations'],
    'Take it out: requests would be sent without what it does to them.',
  );
  reader.notApplied(['promptCaching'], 'Azure OpenAI caches prompts by itself.');
  const prompt = reader.child('prompt');
  return {
    routes: readServedPaths(reader, 'routes'),
    overrides: readFields(reader, 'overrides'),
    defaults: readFields(reader, 'defaults'),
    modelAliases: readAliases(reader),
    prepend: prompt === undefined ? [] : readMessages(prompt, 'prepend'),
    append: prompt === undefined ? [] : readMessages(prompt, 'append'),
  };
}

function readFields(reader: ObjectReader, member: string): Readonly<Record<string, JsonValue>> {
  const fields = new Map<string, JsonValue>();
  for (const item of reader.has(member) ? reader.children(member, fieldCount) : []) {
    const field = item.requiredText('field', {max: fieldMax});
    const value = item.json('value');
    if (value === undefined) item.problem('`value` is missing');
    if (field === undefined || value === undefined) continue;
    if (fields.has(field)) item.warn('stands there twice; the later one counts', {key: 'field'});
    if (field.includes('.')) {
      item.warn('is one member of the body, dots and all: only its first level can be set', {key: 'field'});
    }
    fields.set(field, value);
  }
  return Object.fromEntries(fields);
}

function readAliases(reader: ObjectReader): Readonly<Record<string, string>> {
  const aliases = reader.child('modelAliases');
  if (aliases === undefined) return {};
  if (aliases.keys.length > fieldCount.max) {
    aliases.problem(`has ${aliases.keys.length} of them; at most ${fieldCount.max} are allowed`);
  }
  for (const pattern of aliases.keys) {
    if ((pattern.match(/\*/g) ?? []).length > 1) aliases.problem('may have one `*`', {key: pattern});
  }
  return Object.fromEntries(aliases.entries({max: fieldMax}));
}

/** Roles were written in capitals once; the service knows small ones only. */
function readMessages(prompt: ObjectReader, member: string): readonly JsonObject[] {
  return prompt.children(member).flatMap((message) => {
    const role = message.requiredText('role')?.toLowerCase();
    const content = message.requiredText('content');
    return role === undefined || content === undefined ? [] : [{role, content}];
  });
}
