import fc from 'fast-check';
import {it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {parsePromptConfig} from '../../src/dataset/prompt-config.ts';
import {inputOfBytes, materializeAll, plainOptions} from '../dataset/input-of-lines.ts';
import {anyJson, cases, expectNoBug, fuzzTimeoutMs, garbled, mutated} from './cases.ts';

const samples: readonly JsonObject[] = [
  {prompt: 'Say 1.', agent_ref: {name: 'solver'}, _ng_task_index: 3, expected_answer: 'x'},
  {
    responses_create_params: {
      input: [
        {
          role: 'user',
          content: [
            {type: 'input_text', text: 'a'},
            {type: 'input_image', image_url: 'data:x'},
          ],
        },
      ],
      tools: [{type: 'function', name: 'f', parameters: {type: 'object'}}],
      metadata: {extra_body: '{"seed":1}'},
      max_output_tokens: 5,
    },
    question: 'q',
  },
  {
    messages: [
      {role: 'system', content: 's'},
      {role: 'assistant', tool_calls: [{id: 'c', type: 'function', function: {name: 'f', arguments: '{}'}}]},
      {role: 'tool', tool_call_id: 'c', content: 't'},
    ],
  },
  {input: 'hi', template_metadata: {output_regex: '(.*)'}, reward: 1, _rollcall: {}},
];
const row = fc
  .oneof(fc.constantFrom(...samples).chain(mutated), anyJson)
  .map((value) => JSON.stringify(value));
const line = fc.oneof({weight: 3, arbitrary: row}, {weight: 1, arbitrary: row.chain(garbled)});
const options = fc.constantFrom(
  plainOptions(),
  plainOptions({numRepeats: 2, addSeed: true, overrides: {temperature: 0.5, metadata: {extra_body: '{'}}}),
  plainOptions({agentName: undefined}),
  plainOptions({promptConfig: parsePromptConfig('user: "{question} {prompt}"\n', 'p.yaml')}),
);

it(
  'whatever the rows are, they are taken or refused',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, {maxLength: 3}), options, async (lines, chosen) => {
        await expectNoBug(() => materializeAll(inputOfBytes(Buffer.from(lines.join('\n'))), chosen));
      }),
      cases(300),
    );
  },
  fuzzTimeoutMs,
);

it(
  'whatever the bytes are, they are taken or refused',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({maxLength: 200}), async (bytes) => {
        await expectNoBug(() => materializeAll(inputOfBytes(Buffer.from(bytes))));
      }),
      cases(100),
    );
  },
  fuzzTimeoutMs,
);
