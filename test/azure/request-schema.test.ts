import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv, type ValidateFunction} from 'ajv';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parse as parseYaml} from 'yaml';
import {capabilitiesOf, type DeploymentFacts} from '../../src/azure/capabilities.ts';
import {encodeRequest} from '../../src/azure/encode-request.ts';
import {chooseFamily} from '../../src/azure/model-family.ts';
import type {JsonObject} from '../../src/core/json.ts';

// The published documents are not part of this repository: without them there is nothing to compare with.
const specs = join(process.cwd(), '../shared/specs');
const dated = join(specs, 'azure-openai-2024-10-21.yaml');
const preview = join(specs, 'azure-openai-2025-03-01-preview.json');
const v1 = join(specs, 'azure-openai-v1.json');

const message = fc.oneof(
  fc.record({role: fc.constantFrom('user', 'system', 'developer'), content: fc.string({minLength: 1})}),
  fc.record({
    type: fc.constant('message'),
    role: fc.constant('user'),
    content: fc.array(fc.record({type: fc.constant('input_text'), text: fc.string()}), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({
    type: fc.constant('message'),
    role: fc.constant('user'),
    content: fc.constant([{type: 'input_image', image_url: 'https://example.org/a.png', detail: 'low'}]),
  }),
);
const toolTurn = fc.constant([
  {type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', id: 'fc_1', status: 'completed'},
  {type: 'function_call_output', call_id: 'c1', output: '42'},
]);
const answer = fc.constant([
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{type: 'output_text', text: 'hi', annotations: []}],
  },
]);
const input = fc
  .tuple(
    message,
    fc.array(
      fc.oneof(
        message.map((item) => [item]),
        toolTurn,
        answer,
      ),
      {maxLength: 4},
    ),
  )
  .map(([first, rest]) => [first, ...rest.flat()]);
const tool = {
  type: 'function',
  name: 'f',
  description: 'd',
  parameters: {
    type: 'object',
    properties: {a: {type: 'string'}},
    required: ['a'],
    additionalProperties: false,
  },
  strict: true,
};
const tools = fc.constantFrom(
  {},
  {tools: [tool]},
  {tools: [tool], tool_choice: 'required', parallel_tool_calls: false},
  {tools: [tool], tool_choice: {type: 'function', name: 'f'}},
  {tools: []},
);
const format = fc.constantFrom(
  {type: 'text'},
  {type: 'json_object'},
  {type: 'json_schema', name: 'n', strict: true, schema: tool.parameters},
);
const settings = fc.record(
  {
    instructions: fc.string({minLength: 1}),
    temperature: fc.double({min: 0, max: 2, noNaN: true}),
    top_p: fc.double({min: 0, max: 1, noNaN: true}),
    max_output_tokens: fc.integer({min: 16, max: 4_000}),
    text: format.map((value) => ({format: value})),
    reasoning: fc.record({effort: fc.constantFrom('low', 'medium', 'high')}),
    metadata: fc.record({extra_body: fc.constant('{"seed": 7}'), note: fc.string({maxLength: 20})}),
    user: fc.string(),
    store: fc.boolean(),
    truncation: fc.constantFrom('auto', 'disabled'),
    top_logprobs: fc.constantFrom(0, 3),
    model: fc.constant('row-model'),
  },
  {requiredKeys: []},
);
const params = fc
  .tuple(fc.oneof(fc.string({minLength: 1}), input), settings, tools)
  .map(([asked, given, offered]) => ({input: asked, ...given, ...offered}));
const families = fc.constantFrom('other', 'gpt-4o', 'gpt-35-turbo', 'o3-mini', 'gpt-5');

type Surface = Pick<DeploymentFacts, 'style' | 'apiVersion' | 'api'>;

describe.each([
  [
    'dated chat',
    dated,
    'createChatCompletionRequest',
    {style: 'deployments', apiVersion: '2024-10-21', api: 'chat'},
  ],
  ['v1 chat', v1, 'AzureCreateChatCompletionRequest', {style: 'v1', apiVersion: undefined, api: 'chat'}],
  [
    'dated Responses',
    preview,
    'createResponse',
    {style: 'deployments', apiVersion: '2025-03-01-preview', api: 'responses'},
  ],
  ['v1 Responses', v1, 'AzureCreateResponse', {style: 'v1', apiVersion: undefined, api: 'responses'}],
] satisfies [string, string, string, Surface][])('requests for %s', (_, file, schema, surface) => {
  it.skipIf(!existsSync(file))('are what the published document says, for all rows', () => {
    const validate = compile(file, schema);
    fc.assert(
      fc.property(params, families, fc.boolean(), (row, family, stream) => {
        const capabilities = capabilitiesOf({family: chooseFamily(family, 'd'), ...surface});
        const encoded = encodeRequest(row, {deployment: 'd', capabilities, stream, note: () => undefined});
        const body = JSON.parse(JSON.stringify(encoded)) as JsonObject;
        expect(validate(body), JSON.stringify({errors: validate.errors?.slice(-3), body})).toBe(true);
        expect(body).toMatchObject({model: 'd'});
      }),
      {numRuns: 300},
    );
  });

  it.skipIf(!existsSync(file))('are told from what it does not say', () => {
    const validate = compile(file, schema);
    expect(validate({model: 'd', input: 7, messages: [{role: 'nobody', content: 1}]})).toBe(false);
  });
});

function compile(file: string, name: string): ValidateFunction {
  const text = readFileSync(file, 'utf8');
  const document: unknown = file.endsWith('.yaml') ? parseYaml(text) : JSON.parse(text);
  mendRequired(document);
  const ajv = new Ajv({strict: false, validateFormats: false, allErrors: false});
  ajv.addSchema(toJsonSchema(document) as object, 'spec');
  return ajv.compile({$ref: `spec#/components/schemas/${name}`});
}

/** Where the documents ask for what the service does not have, or refuses. */
function mendRequired(document: unknown): void {
  const {schemas} = (document as {components: {schemas: Record<string, unknown>}}).components;
  // `type` inside `json_schema` is none of its members; `status` of a message that is sent back is refused.
  const format = schemas['ResponseFormatJsonSchema'] as {properties: {json_schema: Requiring}} | undefined;
  const message = schemas['OutputMessage'] as Requiring | undefined;
  for (const schema of [format?.properties.json_schema, message]) {
    if (schema?.required !== undefined) {
      schema.required = schema.required.filter((name) => name !== 'type' && name !== 'status');
    }
  }
}

interface Requiring {
  required?: string[];
}

/**
 * OpenAPI 3.0 has its own word for null, and discriminators that JSON Schema does not know; without these the
 * alternatives of a `oneOf` overlap (a message with its type is two kinds of item), so that any one will do.
 */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => key !== 'discriminator' && key !== 'nullable');
  const schema = Object.fromEntries(
    entries.map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, toJsonSchema(value)]),
  );
  if (!('nullable' in node) || node.nullable !== true) return schema;
  return {anyOf: [schema, {type: 'null'}]};
}
