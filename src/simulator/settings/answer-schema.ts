import {z} from 'zod';
import {patternSchema} from './pattern-schema.ts';
import type {
  AnswerKeySettings,
  AnswerSettings,
  CompareSettings,
  RuleAnswerSettings,
} from './simulator-settings.ts';

const textSource = z.enum(['user', 'system', 'tool', 'any']).default('user');

const toolCall = z
  .strictObject({
    name: z.string().min(1),
    arguments: z.union([z.string(), z.record(z.string(), z.json())]).default({}),
  })
  .transform(({name, arguments: given}) => ({
    name,
    argumentsTemplate: typeof given === 'string' ? given : JSON.stringify(given),
  }));

const rule = z
  .strictObject({
    match: patternSchema.optional(),
    role: textSource,
    reply: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    json: z.json().optional(),
    tool_calls: z.array(toolCall).min(1).optional(),
    refusal: z.string().optional(),
    finish_reason: z.enum(['stop', 'length', 'content_filter']).optional(),
  })
  .refine(
    ({reply, json, tool_calls, refusal}) =>
      [reply, json, tool_calls, refusal].filter((value) => value !== undefined).length === 1,
    {message: 'a rule answers with exactly one of: reply, json, tool_calls, refusal'},
  )
  .transform(
    ({match, role, reply, json, tool_calls, refusal, finish_reason}): RuleAnswerSettings => ({
      kind: 'rule',
      match,
      source: role,
      replies: json === undefined ? [reply ?? []].flat() : [JSON.stringify(json)],
      toolCalls: tool_calls ?? [],
      refusal,
      finishReason: finish_reason,
    }),
  );

const answerKey = z
  .strictObject({
    path: z.string().min(1),
    accuracy: z.number().min(0).max(1).default(1),
    right: z.string().default('$answer'),
    wrong: z.string().optional(),
  })
  .transform(
    ({path, accuracy, right, wrong = right}): AnswerKeySettings => ({
      kind: 'answer_key',
      path,
      accuracy,
      right,
      wrong,
    }),
  );

const compare = z
  .strictObject({
    role: textSource,
    expected: patternSchema,
    generated: patternSchema,
    equal: z.string(),
    not_equal: z.string(),
  })
  .transform(
    ({role, expected, generated, equal, not_equal}): CompareSettings => ({
      kind: 'compare',
      source: role,
      expected,
      generated,
      equal,
      notEqual: not_equal,
    }),
  );

/** One entry of `answers`. An answer key's path is still as written. */
export const answerSchema: z.ZodType<AnswerSettings> = z
  .strictObject({
    rule: rule.optional(),
    answer_key: answerKey.optional(),
    compare: compare.optional(),
    echo: z
      .literal(true)
      .transform((): AnswerSettings => ({kind: 'echo'}))
      .optional(),
    text: z
      .string()
      .transform((text): AnswerSettings => ({kind: 'text', text}))
      .optional(),
  })
  .transform((entry, context): AnswerSettings => {
    const [only, ...others] = Object.values(entry).filter((value) => value !== undefined);
    if (only !== undefined && others.length === 0) return only;
    context.addIssue({
      code: 'custom',
      message: 'an answer is exactly one of: rule, answer_key, compare, echo, text',
    });
    return z.NEVER;
  });
