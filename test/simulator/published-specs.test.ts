import {existsSync, readFileSync} from 'node:fs';
import {Ajv, type ErrorObject} from 'ajv';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import type {JsonObject} from '../../src/core/json.ts';
import {ask, framesOf, openSimulator} from './open-simulator.ts';

const folder = '../shared/specs';
const files = {
  v1: `${folder}/azure-openai-v1.json`,
  ga: `${folder}/azure-openai-2024-10-21.yaml`,
  preview: `${folder}/azure-openai-2025-03-01-preview.json`,
} as const;
type Spec = keyof typeof files;
const present = existsSync(folder);

/** Where the service itself, and so the simulator, departs from its published description. */
const deviations: readonly {
  readonly schema: string;
  readonly path: RegExp;
  readonly keyword: string;
  readonly why: string;
}[] = [
  {
    schema: 'StreamResponse',
    path: /^\/object$/,
    keyword: 'enum',
    why: 'the prompt-filter frame, and those of the asynchronous filter, leave object, id and model empty',
  },
  {
    schema: 'StreamResponse',
    path: /^\/choices\/0$/,
    keyword: 'required',
    why: 'a verdict of the asynchronous filter comes without a delta',
  },
  {
    schema: 'AzureErrorResponse',
    path: /^\/error\/(type|param|code)$/,
    keyword: '(enum|type)',
    why: 'type is invalid_request_error or null rather than error; param and code may be null',
  },
  {
    schema: 'response',
    path: /^\/user$/,
    keyword: 'type',
    why: 'user is null where the request names none, as captured',
  },
  {
    schema: 'createEmbeddingResponse',
    path: /^\/data\/\d\/embedding$/,
    keyword: 'type',
    why: 'base64 may be asked for, and is then what comes, though only numbers are described',
  },
  {
    schema: 'Event',
    path: /^\/response\/usage$/,
    keyword: 'type',
    why: 'usage is null until the response is finished, as captured',
  },
  {
    schema: 'response',
    path: /^\/output\/0/,
    keyword: '(required|enum)',
    why: 'this preview describes reasoning items with a content that the service never had',
  },
];

const tools = [
  {type: 'function', function: {name: 'f', parameters: {type: 'object', properties: {a: {type: 'integer'}}}}},
];
const chatRequests: readonly [string, JsonObject][] = [
  ['text', ask('hi')],
  ['several choices with log probabilities', ask('hi', {n: 2, logprobs: true, top_logprobs: 2})],
  ['a cut text', ask('hi', {max_tokens: 1})],
  ['a tool call', ask('hi', {tools, tool_choice: 'required'})],
  ['a blocked completion', ask('say bad')],
  ['a refusal', ask('refuse')],
];
const responsesRequests: readonly [string, JsonObject][] = [
  ['text', {input: 'hi', metadata: {a: 'b'}}],
  ['a cut text', {input: 'hi there', max_output_tokens: 16}],
  [
    'a tool call',
    {
      input: 'hi',
      tools: [{type: 'function', name: 'f', parameters: {type: 'object'}, strict: false}],
      tool_choice: 'required',
    },
  ],
  ['a blocked completion', {input: 'say bad'}],
  ['a refusal', {input: 'refuse'}],
  [
    'reasoning',
    {
      model: 'o3',
      input: 'hi',
      reasoning: {effort: 'high', summary: 'auto'},
      include: ['reasoning.encrypted_content'],
    },
  ],
];
const settings = {
  deployments: {
    'gpt-4o': {},
    o3: {model: 'o3'},
    async: {content_filter: {mode: 'asynchronous', block_completion: ['bad']}},
  },
  content_filter: {block_prompt: ['bomb'], block_completion: ['bad']},
  answers: [
    {rule: {match: 'bad', reply: 'something bad'}},
    {rule: {match: 'refuse', refusal: 'No.'}},
    {rule: {match: 'there', reply: 'x'.repeat(300)}},
  ],
};

describe.skipIf(!present)('every reply fits the published description of', () => {
  const specs = present ? loadSpecs() : undefined;
  const used = new Set<number>();

  const expectFit = (spec: Spec, schema: string, value: unknown): void => {
    const errors = specs?.errors(spec, schema, value) ?? [];
    const unexplained = errors.filter((error) => {
      const known = deviations.findIndex(
        (each) =>
          schema.includes(each.schema) &&
          each.path.test(error.instancePath) &&
          new RegExp(`^${each.keyword}$`).test(error.keyword),
      );
      if (known >= 0) used.add(known);
      // An anyOf or allOf fails with its parts, which are looked at by themselves.
      return known < 0 && error.keyword !== 'anyOf';
    });
    expect(unexplained, `${schema}: ${JSON.stringify(value).slice(0, 300)}`).toEqual([]);
  };

  it.each(chatRequests)('chat completions: %s', async (_, body) => {
    await using simulator = await openSimulator(settings);
    const whole = await simulator.chat(body);
    expect(whole.status).toBe(200);
    expectFit('v1', 'AzureCreateChatCompletionResponse', whole.json);
    expectFit('ga', 'createChatCompletionResponse', whole.json);
    expectFit('preview', 'createChatCompletionResponse', whole.json);
    for (const deployment of ['gpt-4o', 'async']) {
      const streamed = await simulator.chat(
        {...body, stream: true, stream_options: {include_usage: true}},
        {deployment},
      );
      for (const frame of framesOf(streamed.text).slice(0, -1)) {
        expectFit('v1', 'AzureCreateChatCompletionStreamResponse', frame);
        expectFit('ga', 'createChatCompletionStreamResponse', frame);
      }
    }
  });

  it.each(responsesRequests)('Responses: %s', async (_, body) => {
    await using simulator = await openSimulator(settings);
    const whole = await simulator.responses(body);
    expect(whole.status).toBe(200);
    expectFit('v1', 'AzureResponse', whole.json);
    expectFit('preview', 'response', whole.json);
    for (const item of whole.json.output)
      expectFit('v1', specs?.variant('OpenAI.ItemResource', item.type) ?? '', item);
    for (const event of framesOf((await simulator.responses({...body, stream: true})).text)) {
      expectFit('v1', specs?.variant('OpenAI.ResponseStreamEvent', event.type) ?? '', event);
    }
  });

  it.each([['float'], ['base64']])('embeddings: %s', async (format) => {
    await using simulator = await openSimulator({deployments: {small: {model: 'text-embedding-3-small'}}});
    const body = {input: ['hi', 'there'], encoding_format: format};
    const dated = '/openai/deployments/small/embeddings?api-version=2024-10-21';
    const {status, json} = await simulator.send(dated, {body});
    expect(status).toBe(200);
    expectFit('v1', 'OpenAI.CreateEmbeddingResponse', json);
    expectFit('ga', 'createEmbeddingResponse', json);
    expectFit('preview', 'createEmbeddingResponse', json);
  });

  it('errors and models', async () => {
    await using simulator = await openSimulator({...settings, keys: ['k']});
    const key = {headers: {'api-key': 'k'}};
    const refused = [
      await simulator.chat(ask('x')),
      await simulator.chat(ask('x', {foo: 1}), key),
      await simulator.chat(ask('bomb'), key),
      await simulator.chat(ask('x'), {...key, deployment: 'none'}),
      await simulator.chat(ask('x'), {...key, apiVersion: '1999-01-01'}),
    ];
    for (const {json, status} of refused) {
      expect(status).toBeGreaterThanOrEqual(400);
      expectFit('v1', 'AzureErrorResponse', json);
    }
    expectFit('v1', 'OpenAI.ListModelsResponse', (await simulator.send('/openai/v1/models', key)).json);
  });

  it('the service, with no departure listed that never happens', () => {
    expect(deviations.filter((_, index) => !used.has(index)).map(({why}) => why)).toEqual([]);
  });
});

interface Specs {
  errors(spec: Spec, schema: string, value: unknown): readonly ErrorObject[];
  /** The schema that a discriminator's value stands for. */
  variant(base: string, type: string): string;
}

function loadSpecs(): Specs {
  const ajv = new Ajv({strict: false, allErrors: true, validateFormats: false});
  const documents = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [
      name,
      parse(readFileSync(file, 'utf8'), {maxAliasCount: -1}) as JsonObject,
    ]),
  );
  for (const [name, document] of Object.entries(documents))
    ajv.addSchema(toJsonSchema({components: withNamedReplies(document)}) as object, name);
  return {
    errors(spec, schema, value) {
      const validate = ajv.getSchema(`${spec}#/components/schemas/${schema}`);
      if (validate === undefined) throw new Error(`no schema ${schema} in ${spec}`);
      return validate(value) === true ? [] : (validate.errors ?? []);
    },
    variant(base, type) {
      const {schemas} = documents['v1']?.['components'] as {
        schemas: Record<string, {discriminator: {mapping: Record<string, string>}}>;
      };
      const reference = schemas[base]?.discriminator.mapping[type];
      if (reference === undefined) throw new Error(`${base} has no ${type}`);
      return reference.slice('#/components/schemas/'.length);
    },
  };
}

/** The components, with what the dated documents describe in place only: the reply of embeddings. */
function withNamedReplies({components, paths}: JsonObject): unknown {
  const {schemas} = components as {schemas: JsonObject};
  const path = (paths as Record<string, Described | undefined>)['/deployments/{deployment-id}/embeddings'];
  const reply = path?.post.responses['200'].content['application/json'].schema;
  return {schemas: {...schemas, ...(reply === undefined ? {} : {createEmbeddingResponse: reply})}};
}

interface Described {
  readonly post: {
    readonly responses: {
      readonly 200: {readonly content: {readonly 'application/json': {readonly schema: JsonObject}}};
    };
  };
}

/** OpenAPI 3.0 to JSON schema: `nullable` becomes a branch of its own; discriminators, which only speed things up, go. */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const {nullable, ...rest} = node as Record<string, unknown>;
  delete rest['discriminator'];
  const converted = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]),
  );
  return nullable === true ? {anyOf: [converted, {type: 'null'}]} : converted;
}
